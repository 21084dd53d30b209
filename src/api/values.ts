/**
 * Values as the daemon and its clients write them: JSON, and for what JSON has no word for an object with one key that begins
 * with `$`, such as `{ "$bytes": "aGF0Y2g=" }`. Anything else is what JSON makes of it: an instance of a class its own properties.
 * Errors have their name, message and cause as well; regular expressions are their text.
 */

import { isTag, MAX_DIGITS, reviveTagged } from './tagged.js'

/**
 * The text of a value; undefined has none, nor have functions. In an array they are `null`, as in JSON.
 *
 * @throws TypeError for a cycle, or a BigInt of too many digits
 */
export function stringify(value: unknown): string | undefined {
  return JSON.stringify(value, tag)
}

/**
 * The same, and nothing is left out in silence.
 *
 * @throws TypeError for a cycle, a function or a symbol
 */
export function stringifyAll(value: unknown): string | undefined {
  return JSON.stringify(value, function (this: any, key, content) {
    const tagged = tag.call(this, key, content)
    if (typeof tagged === 'function' || typeof tagged === 'symbol')
      throw new TypeError(`there is no JSON for a ${typeof tagged}`)
    return tagged
  })
}

/**
 * The value of a text.
 *
 * @throws SyntaxError
 */
export function parse(text: string): any {
  if (!text.includes('"$')) return JSON.parse(text)
  return JSON.parse(text, (_key, value) => revive(value))
}

/** Called with what `toJSON` has made of a value already, so it looks at what was there before. */
function tag(this: any, key: string, value: unknown): unknown {
  const original = this[key]
  switch (typeof original) {
    case 'bigint':
      return { $bigint: digitsOf(original) }
    case 'number':
      return Number.isFinite(original) ? original : { $number: String(original) }
    case 'object':
      return original === null ? null : tagObject(original, value)
    default:
      return value
  }
}

function tagObject(original: object, value: unknown): unknown {
  if (ArrayBuffer.isView(original)) {
    return { $bytes: Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64') }
  }
  if (original instanceof ArrayBuffer) return { $bytes: Buffer.from(original).toString('base64') }
  if (original instanceof Date) return { $date: Number.isNaN(original.getTime()) ? null : original.toISOString() }
  if (original instanceof Map) return { $map: [...original] }
  if (original instanceof Set) return { $set: [...original] }
  // Not errors again: what they are made of may be anybody's, and code that reads JSON wants something to read.
  if (original instanceof Error) return plainError(original)
  if (original instanceof RegExp) return String(original)
  // An object that only looks like one of these.
  if (isTag(onlyKey(original))) return { $object: Object.entries(original) }
  return value
}

/** Its own properties, and what are not listed among them. */
function plainError(error: Error): object {
  const { name, message, cause } = error
  return { ...error, name, message, ...(cause !== undefined && { cause }) }
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const key = onlyKey(value)
  return isTag(key) ? reviveTagged(key!, (value as Record<string, unknown>)[key!]) : value
}

function onlyKey(value: object): string | undefined {
  let only: string | undefined
  for (const key in value) {
    if (only !== undefined) return undefined
    only = key
  }
  return only
}

function digitsOf(value: bigint): string {
  const digits = String(value)
  if (digits.length > MAX_DIGITS) throw new TypeError(`a BigInt has more than ${MAX_DIGITS} digits`)
  return digits
}
