/** What JSON has no word for, by the tag that stands for it. What it is made of comes from anybody, so all of it is checked. */

interface Tag {
  /** Throws for what it cannot be made of. */
  readonly make: (content: unknown) => unknown
  /** What it can be made of. */
  readonly wanted: string
}

/** Of a BigInt: the time that reading one takes grows with their square. */
export const MAX_DIGITS = 10_000

/** As the date format of the language has it. `Date` itself reads much more, and makes something of nearly anything. */
const TIME = /^([+-]\d{6}|\d{4})(-\d\d){0,2}(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/

const TAGS: ReadonlyMap<string, Tag> = new Map<string, Tag>([
  ['$bytes', { make: bytesOf, wanted: 'base64' }],
  ['$bigint', { make: integerOf, wanted: `a text of at most ${MAX_DIGITS} decimal digits` }],
  ['$date', { make: dateOf, wanted: 'a time such as "2026-01-31T12:00:00.000Z", or null for one that is none' }],
  ['$number', { make: numberOf, wanted: '"NaN", "Infinity", "-Infinity" or another number as a text' }],
  ['$map', { make: (content) => new Map(pairsOf(content)), wanted: 'an array of [key, value]' }],
  ['$set', { make: (content) => new Set(listOf(content)), wanted: 'an array' }],
  // Defined and never assigned: `__proto__` is a name like any other.
  ['$object', { make: (content) => Object.fromEntries(entriesOf(content)), wanted: 'an array of ["name", value]' }],
])

/** Whether a key stands for something. */
export function isTag(key: string | undefined): boolean {
  return key !== undefined && TAGS.has(key)
}

/**
 * What a tag with its content stands for.
 *
 * @throws SyntaxError that says what the content should be
 */
export function reviveTagged(key: string, content: unknown): unknown {
  const { make, wanted } = TAGS.get(key)!
  try {
    return make(content)
  } catch {
    throw new SyntaxError(`${key} must be ${wanted}; it is ${JSON.stringify(content)?.slice(0, 40)}`)
  }
}

function textOf(content: unknown, limit = Infinity): string {
  if (typeof content === 'string' && content.length <= limit) return content
  throw new TypeError('no text')
}

/** `Buffer.from` leaves out what is no base64, which shows in the number of bytes. */
function bytesOf(content: unknown): Buffer {
  // Of an object with a `length` as large as it likes, it would make as many bytes.
  const text = textOf(content)
  const bytes = Buffer.from(text, 'base64')
  const digits = text.length - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0)
  const padded = digits < text.length && text.length % 4 !== 0
  if (padded || digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4)) throw new TypeError('no base64')
  return bytes
}

function integerOf(content: unknown): bigint {
  const text = textOf(content, MAX_DIGITS)
  if (!/^-?\d+$/.test(text)) throw new TypeError('no integer')
  return BigInt(text)
}

function dateOf(content: unknown): Date {
  if (content === null) return new Date(Number.NaN)
  const text = textOf(content)
  const date = new Date(TIME.test(text) ? text : Number.NaN)
  if (Number.isNaN(date.getTime())) throw new TypeError('no time')
  return date
}

function numberOf(content: unknown): number {
  const text = textOf(content)
  const number = Number(text)
  if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw new TypeError('no number')
  return number
}

function listOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content
  throw new TypeError('no array')
}

function pairsOf(content: unknown): [unknown, unknown][] {
  const list = listOf(content)
  if (list.every((pair) => Array.isArray(pair) && pair.length === 2)) return list as [unknown, unknown][]
  throw new TypeError('no pairs')
}

function entriesOf(content: unknown): [string, unknown][] {
  const pairs = pairsOf(content)
  if (pairs.every(([name]) => typeof name === 'string')) return pairs as [string, unknown][]
  throw new TypeError('no names')
}
