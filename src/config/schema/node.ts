/** A piece of the schema: JSON Schema (draft 7), and what Hatchery makes of a value besides. */
export interface SchemaNode {
  readonly title?: string
  readonly description?: string
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly default?: unknown
  readonly examples?: readonly unknown[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly pattern?: string
  readonly items?: SchemaNode
  readonly minItems?: number
  readonly anyOf?: readonly SchemaNode[]
  readonly properties?: Properties
  readonly additionalProperties?: boolean | SchemaNode
  /** What an error says must be there. */
  readonly expected: string
  /** What the text or number becomes. */
  readonly unit?: Unit
  /** The name among options, if it is not the key in camelCase. */
  readonly option?: string
  /** Other names of the key, in snake_case. */
  readonly aliases?: readonly string[]
  /** How a change of it comes into force while the pool runs. */
  readonly apply?: Apply
  /** Why it does not come into force at once. */
  readonly why?: string
}

export type Properties = { readonly [key: string]: SchemaNode }

/**
 * - `duration`: milliseconds, or text such as `"30s"`
 * - `size`: bytes, or text such as `"64MiB"`
 * - `path`: a path, relative to the folder of the configuration file
 * - `module`: the same, or the name of a package that is installed there
 * - `mode`: permissions, octal
 * - `count`: a number, or `"infinity"`
 */
export type Unit = 'duration' | 'size' | 'path' | 'module' | 'mode' | 'count'

/**
 * How a change comes into force: at once (`live`); by replacing the workers one by one (`reload`); with the next start of
 * the program (`restart`).
 */
export type Apply = 'live' | 'reload' | 'restart'

/** The word for no limit, which JSON has no number for. */
export const INFINITY = 'infinity'

/** A node and all its branches. */
export function partsOf(node: SchemaNode): SchemaNode[] {
  return [node, ...(node.anyOf ?? []).flatMap(partsOf)]
}

/** The part of a node that describes an object with known keys: the node itself, or a branch of it. */
export function objectOf(node: SchemaNode): (SchemaNode & { readonly properties: Properties }) | undefined {
  for (const part of partsOf(node)) {
    if (part.properties !== undefined) return part as SchemaNode & { readonly properties: Properties }
  }
  return undefined
}

/** The part of a node that describes a list. */
export function listOf(node: SchemaNode): SchemaNode | undefined {
  return partsOf(node).find((part) => part.items !== undefined)
}
