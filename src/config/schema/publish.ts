import { root } from './index.js'
import { camelCase } from './names.js'
import type { Properties, SchemaNode } from './node.js'

/** Where the schema of this version can be had. */
export const SCHEMA_ID = 'https://unpkg.com/hatchery/schema/hatchery.schema.json'

/** What is Hatchery's own, and no keyword of JSON Schema. */
const OWN: ReadonlySet<string> = new Set(['expected', 'unit', 'option', 'aliases', 'apply', 'why'])

/**
 * The JSON Schema. Other spellings of a key are there as patterns: so they are accepted, and an editor that completes keys
 * offers one spelling alone.
 */
export function publish(): object {
  const { properties, ...rest } = publishNode(root, '#') as { properties: object }
  return { $schema: 'http://json-schema.org/draft-07/schema#', $id: SCHEMA_ID, ...rest, properties }
}

function publishNode(node: SchemaNode, at: string): object {
  const published: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(node)) {
    if (OWN.has(key)) continue
    if (key === 'items') published[key] = publishNode(value as SchemaNode, `${at}/items`)
    else if (key === 'anyOf')
      published[key] = (value as SchemaNode[]).map((branch, index) => publishNode(branch, `${at}/anyOf/${index}`))
    else if (key === 'additionalProperties' && typeof value === 'object')
      published[key] = publishNode(value as SchemaNode, `${at}/additionalProperties`)
    else if (key === 'properties') Object.assign(published, publishProperties(value as Properties, at))
    else published[key] = value
  }
  return published
}

function publishProperties(properties: Properties, at: string): object {
  const patterns: Record<string, object> = {}
  const published: Record<string, object> = {}
  for (const [key, node] of Object.entries(properties)) {
    const place = `${at}/properties/${key}`
    published[key] = publishNode(node, place)
    const others = spellings(key, node).slice(1)
    if (others.length > 0) patterns[`^(${others.join('|')})$`] = { $ref: place }
  }
  return { properties: published, ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }) }
}

/** All spellings of a key, its own first. */
export function spellings(key: string, node: SchemaNode): string[] {
  const names = [key, ...(node.aliases ?? [])]
  return [...new Set([...names, ...names.map(camelCase)])]
}
