import { TAG_OBJECT } from './tags.js'
import { isLatin1, putLatin1 } from './text.js'

/**
 * The keys of an object in front of its values, as one section: tag, length in words, number of keys, then each key
 * as length and Latin-1 bytes, zeros up to the next whole word.
 *
 *     0 TAG_OBJECT   1 words u8   2 keys u8   3 length of the first key u8   4 ...
 *
 * It begins at a multiple of 4 from the start of the message, so objects with the same keys have the same words
 * there: both sides recognize a section they have seen instead of going through its keys.
 */
export interface Shape {
  readonly keys: readonly string[]
  readonly section: Int32Array
}

/** Where the first key is in a section. */
export const SECTION_HEADER = 3
/** An object of more keys goes to V8, one of long keys travels as a record. */
export const MAX_KEYS = 48
const MAX_SECTION = 255 * 4

const { prototype } = Object
const DIGIT = /^\d/

/**
 * True for a name that a plain assignment makes the next own property, in this order: nothing that a prototype has,
 * and no number, as those go before all others.
 */
export function isPlainKey(key: string): boolean {
  return !(key in prototype) && !DIGIT.test(key)
}

/** Bytes that the section for these keys takes, or 0 if they have none. */
export function sectionSize(keys: readonly string[]): number {
  const count = keys.length
  if (count === 0) return 0
  let size = SECTION_HEADER
  for (const key of keys) {
    if (key.length > 255 || !isPlainKey(key) || !isLatin1(key)) return 0
    size += 1 + key.length
  }
  return size > MAX_SECTION ? 0 : (size + 3) & ~3
}

/** Writes the section for keys that have one; `size` is that of {@link sectionSize}. */
export function putSection(keys: readonly string[], size: number, target: Uint8Array, offset: number): number {
  target[offset] = TAG_OBJECT
  target[offset + 1] = size >> 2
  target[offset + 2] = keys.length
  let at = offset + SECTION_HEADER
  for (const key of keys) {
    target[at] = key.length
    at = putLatin1(target, at + 1, key)
  }
  const end = offset + size
  while (at < end) target[at++] = 0
  return end
}
