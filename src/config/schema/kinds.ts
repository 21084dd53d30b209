/** The kinds of values a configuration has. */
import { INFINITY, type Properties, type SchemaNode } from './node.js'

/** What every kind may be given besides. */
type About = Omit<SchemaNode, 'expected' | 'type' | 'anyOf' | 'properties' | 'items' | 'unit'>

interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

interface Endless {
  /** Whether it may be without limit. */
  readonly infinity?: boolean
}

const DURATION = String.raw`^\d+(\.\d+)?\s*(ms|s|m|h|d)$`
const SIZE = String.raw`^\d+(\.\d+)?\s*(B|[kK]B|MB|GB|TB|[kK]iB|MiB|GiB|TiB)$`

const OR_INFINITY = `, or "${INFINITY}"`
const endless: SchemaNode = { const: INFINITY, expected: `"${INFINITY}"` }

/** Longest time of the driver's timers, some 49 days. */
export const MAX_TIME = 0xffff_ffff

export function boolean(about: About): SchemaNode {
  return { type: 'boolean', ...about, expected: 'true or false' }
}

export function integer({ minimum, maximum, ...about }: About & Range): SchemaNode {
  return { type: 'integer', ...range(minimum, maximum), ...about, expected: `an integer ${within(minimum, maximum)}` }
}

/** A whole number, or no limit. */
export function count({ minimum = 0, maximum, ...about }: About & Range): SchemaNode {
  const expected = `an integer ${within(minimum, maximum)}`
  const whole: SchemaNode = { type: 'integer', ...range(minimum, maximum), expected }
  return { anyOf: [whole, endless], ...about, unit: 'count', expected: expected + OR_INFINITY }
}

/** A number, or no limit. */
export function share(about: About): SchemaNode {
  const expected = 'a number above 0 and at most 1'
  const part: SchemaNode = { type: 'number', exclusiveMinimum: 0, maximum: 1, expected }
  return { anyOf: [part, endless], ...about, unit: 'count', expected: expected + OR_INFINITY }
}

export function number({ minimum, maximum, ...about }: About & Range): SchemaNode {
  return { type: 'number', ...range(minimum, maximum), ...about, expected: `a number ${within(minimum, maximum)}` }
}

/** Milliseconds, or text with a unit. */
export function duration({ minimum = 0, infinity = false, ...about }: About & Range & Endless): SchemaNode {
  const least = minimum > 0 ? ' of at least 1 ms' : ''
  const expected = `a time${least}: milliseconds, or text such as "500ms", "30s", "5m", "1h"`
  const branches: SchemaNode[] = [
    { type: 'number', ...range(minimum, MAX_TIME), expected },
    { type: 'string', pattern: DURATION, expected },
  ]
  if (infinity) branches.push(endless)
  return { anyOf: branches, ...about, unit: 'duration', expected: infinity ? expected + OR_INFINITY : expected }
}

/** Bytes, or text with a unit. */
export function size({ minimum = 0, maximum, infinity = false, ...about }: About & Range & Endless): SchemaNode {
  const least = minimum > 0 ? ` of at least ${minimum}` : ''
  const expected = `a size${least}: bytes, or text such as "10MB", "64MiB"`
  const branches: SchemaNode[] = [
    { type: 'integer', ...range(minimum, maximum), expected },
    { type: 'string', pattern: SIZE, expected },
  ]
  if (infinity) branches.push(endless)
  return { anyOf: branches, ...about, unit: 'size', expected: infinity ? expected + OR_INFINITY : expected }
}

export function text(about: About): SchemaNode {
  return { type: 'string', minLength: 1, ...about, expected: 'text that is not empty' }
}

export function path(about: About): SchemaNode {
  return { type: 'string', minLength: 1, ...about, unit: 'path', expected: 'a path' }
}

export function moduleName(about: About): SchemaNode {
  return { type: 'string', minLength: 1, ...about, unit: 'module', expected: 'a path, a file: URL or a package' }
}

export function mode(about: About): SchemaNode {
  const expected = 'permissions in octal, as text: "0600", "0660"'
  return { type: 'string', pattern: '^0?[0-7]{3}$', ...about, unit: 'mode', expected }
}

export function choice(values: readonly (string | boolean)[], about: About = {}): SchemaNode {
  const shown = values.map((value) => JSON.stringify(value)).join(', ')
  return { enum: values, ...about, expected: values.length === 1 ? shown : `one of ${shown}` }
}

/** A port; `false`: none. */
export function port(about: About): SchemaNode {
  const expected = 'a port from 0 (any that is free) to 65535'
  const branches: SchemaNode[] = [
    { type: 'integer', ...range(0, 65_535), expected },
    { const: false, expected: 'false' },
  ]
  return { anyOf: branches, ...about, expected: `${expected}, or false for none` }
}

export function list(items: SchemaNode, about: About & { readonly minItems?: number }): SchemaNode {
  return { type: 'array', items, ...about, expected: `a list, each ${items.expected}` }
}

/** Keys that a message lists. */
const MOST_TOLD = 8

/** An object with known keys. */
export function section(properties: Properties, about: About = {}): SchemaNode {
  const keys = Object.keys(properties)
  // So many keys would bury the word that matters.
  const expected = keys.length > MOST_TOLD ? 'an object' : `an object of ${keys.join(', ')}`
  return { type: 'object', properties, additionalProperties: false, ...about, expected }
}

/** An object whose keys are the user's. */
export function dictionary(values: SchemaNode, about: About): SchemaNode {
  return {
    type: 'object',
    additionalProperties: values,
    ...about,
    expected: `an object, each value ${values.expected}`,
  }
}

/** One of several kinds. */
export function either(branches: readonly SchemaNode[], about: About): SchemaNode {
  return { anyOf: branches, ...about, expected: branches.map(({ expected }) => expected).join('; or ') }
}

/** Anything JSON has. */
export function anything(about: About): SchemaNode {
  return { ...about, expected: 'any value' }
}

function range(minimum: number | undefined, maximum: number | undefined): Range {
  return { ...(minimum !== undefined && { minimum }), ...(maximum !== undefined && { maximum }) }
}

function within(minimum: number | undefined, maximum: number | undefined): string {
  return maximum === undefined ? `of at least ${minimum ?? 0}` : `from ${minimum ?? 0} to ${maximum}`
}
