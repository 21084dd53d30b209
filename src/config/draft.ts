import { inspect } from 'node:util'
import { closestWord } from '../errors/closest-word.js'
import type { JsonNode } from './json/tree.js'
import { plainValue } from './json/tree.js'
import type { ConfigProblem, ValueSource } from './problems.js'
import { listOf, objectOf, type Properties, type SchemaNode } from './schema/node.js'
import { spellings } from './schema/publish.js'

/** A configuration on its way: values under the schema's own keys, where each came from, and what is wrong so far. */
export class Draft {
  readonly data: Record<string, unknown> = {}
  readonly problems: ConfigProblem[] = []
  readonly #sources = new Map<string, ValueSource>()
  readonly #whole: ValueSource

  /** @param whole stands for what has no place of its own */
  constructor(whole: ValueSource) {
    this.#whole = whole
  }

  /** Takes over a parsed value: keys get their own spelling, and those that are unknown or come twice are noted. */
  normalize(
    node: JsonNode,
    schema: SchemaNode | undefined,
    path: string,
    locate: (offset: number) => ValueSource,
  ): unknown {
    this.note(path, locate(node.start))
    if (node.kind === 'value') return node.value
    if (node.kind === 'array') {
      const items = schema && listOf(schema)?.items
      return node.items.map((item, index) => this.normalize(item, items, `${path}[${index}]`, locate))
    }
    const properties = schema && objectOf(schema)?.properties
    if (properties === undefined) {
      for (const { key, node: value } of node.members) this.normalize(value, undefined, join(path, key), locate)
      return plainValue(node)
    }
    const names = ownNames(properties)
    const seen = new Map<string, string>()
    const object: Record<string, unknown> = {}
    for (const { key, start, node: value } of node.members) {
      const own = names.get(key)
      if (own === undefined) this.#unknown(join(path, key), key, properties, locate(start))
      else if (seen.has(own)) this.#twice(join(path, key), key, seen.get(own)!, locate(start))
      else {
        seen.set(own, key)
        object[own] = this.normalize(value, properties[own], join(path, own), locate)
      }
    }
    return object
  }

  note(path: string, source: ValueSource): void {
    this.#sources.set(path, source)
  }

  /** Where a value comes from: its own place, or that of what holds it. Undefined: it is a default. */
  sourceOf(path: string): ValueSource | undefined {
    for (let at = path; at !== ''; at = at.replace(/(\.[^.[\]]+|\[\d+\]|^[^.[\]]+)$/, '')) {
      const source = this.#sources.get(at)
      if (source !== undefined) return source
    }
    return undefined
  }

  /** The value at a path, as it was written. */
  valueAt(path: string): unknown {
    let value: unknown = this.data
    for (const step of path.match(/[^.[\]]+/g) ?? []) value = (value as Record<string, unknown> | undefined)?.[step]
    return value
  }

  /** A value that is not what it must be. */
  refuse(path: string, expected: string, found: unknown, hint = ''): void {
    this.report(path, `must be ${expected}; found ${show(found)}.${hint}`, { expected, found })
  }

  report(
    path: string,
    message: string,
    facts: Pick<ConfigProblem, 'expected' | 'found'> = {},
    source = this.sourceOf(path),
  ) {
    this.problems.push({ path, message, ...facts, source: source ?? this.#whole })
  }

  #unknown(path: string, key: string, properties: Properties, source: ValueSource): void {
    const keys = Object.keys(properties)
    const meant = closestWord(key, keys)
    const hint =
      meant === undefined
        ? ` There are ${keys.filter((name) => name !== '$schema').join(', ')}.`
        : ` Did you mean "${meant}"?`
    this.report(path, `there is no such key.${hint}`, { found: key }, source)
  }

  #twice(path: string, key: string, other: string, source: ValueSource): void {
    const what = key === other ? 'the key comes twice' : `the key is there already, as "${other}"`
    this.report(path, `${what}: leave one of them out.`, { found: key }, source)
  }
}

/** A value as messages have it. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value)
    return keys.length === 0 ? 'an empty object' : `an object of ${keys.slice(0, 5).join(', ')}`
  }
  return inspect(value, { depth: 1, breakLength: Infinity, maxStringLength: 80, maxArrayLength: 8 }).replace(
    /^'(.*)'$/,
    '"$1"',
  )
}

/** The path of a key within an object. */
export function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function ownNames(properties: Properties): Map<string, string> {
  const names = new Map<string, string>()
  for (const [key, node] of Object.entries(properties)) for (const name of spellings(key, node)) names.set(name, key)
  return names
}
