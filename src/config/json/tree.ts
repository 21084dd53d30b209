/** A value as it stands in a text. */
export type JsonNode =
  | { readonly kind: 'object'; readonly start: number; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly start: number; readonly items: readonly JsonNode[] }
  | { readonly kind: 'value'; readonly start: number; readonly value: string | number | boolean | null }

/** A key and its value. */
export interface JsonMember {
  readonly key: string
  /** Where the key begins. */
  readonly start: number
  readonly node: JsonNode
}

/** Text that is no JSON, and where. */
export class JsonSyntaxError extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

/** The plain value of a node. A key that comes twice has its last value; none is a prototype. */
export function plainValue(node: JsonNode): unknown {
  if (node.kind === 'value') return node.value
  if (node.kind === 'array') return node.items.map(plainValue)
  const object = {}
  for (const { key, node: value } of node.members) {
    Object.defineProperty(object, key, {
      value: plainValue(value),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return object
}
