import { root } from './index.js'
import { camelCase } from './names.js'
import type { Properties, SchemaNode } from './node.js'

/** Where the schema of this version can be had. */
export const SCHEMA_ID = 'https://unpkg.com/hatchery/schema/hatchery.schema.json'

/** What tells a reader something, and a validator nothing. */
const PROSE = ['title', 'description', 'default', 'examples']

/** What is Hatchery's own, and no keyword of JSON Schema. */
const OWN: ReadonlySet<string> = new Set(['expected', 'unit', 'option', 'aliases', 'apply', 'why'])

/**
 * The JSON Schema. Other spellings of a key are there as patterns: so they are accepted, and an editor that completes keys
 * offers one spelling alone.
 */
export function publish(): object {
  const { properties, ...rest } = publishNode(root, '#', OWN) as { properties: object }
  return { $schema: 'http://json-schema.org/draft-07/schema#', $id: SCHEMA_ID, ...rest, properties }
}

/** The same for values whose keys have their own spelling, and without prose: what the validator is made of. */
export function publishPlain(): object {
  return publishNode(root, '', new Set([...OWN, ...PROSE]))
}

/** @param at JSON pointer of the node; empty: without other spellings */
function publishNode(node: SchemaNode, at: string, without: ReadonlySet<string>): object {
  const published: Record<string, unknown> = {}
  const inner = (child: SchemaNode, step: string) => publishNode(child, at && `${at}/${step}`, without)
  for (const [key, value] of Object.entries(node)) {
    if (without.has(key)) continue
    if (key === 'items') published[key] = inner(value as SchemaNode, 'items')
    else if (key === 'anyOf')
      published[key] = (value as SchemaNode[]).map((branch, index) => inner(branch, `anyOf/${index}`))
    else if (key === 'additionalProperties' && typeof value === 'object')
      published[key] = inner(value as SchemaNode, 'additionalProperties')
    else if (key === 'properties') Object.assign(published, publishProperties(value as Properties, at, inner))
    else published[key] = value
  }
  return published
}

function publishProperties(
  properties: Properties,
  at: string,
  inner: (child: SchemaNode, step: string) => object,
): object {
  const patterns: Record<string, object> = {}
  const published: Record<string, object> = {}
  for (const [key, node] of Object.entries(properties)) {
    published[key] = inner(node, `properties/${key}`)
    const others = at === '' ? [] : spellings(key, node).slice(1)
    if (others.length > 0) patterns[`^(${others.join('|')})$`] = { $ref: `${at}/properties/${key}` }
  }
  return { properties: published, ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }) }
}

/** All spellings of a key, its own first. */
export function spellings(key: string, node: SchemaNode): string[] {
  const names = [key, ...(node.aliases ?? [])]
  return [...new Set([...names, ...names.map(camelCase)])]
}
