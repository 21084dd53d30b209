import { SHORT_TEXT, shortText } from './short-text.js'
import { takeLatin1 } from './text.js'

/** Slots of the cache; a power of two. */
const SLOTS = 1024

/**
 * Keys seen before, by a hash of their bytes. The same few names come again and again; a hit costs no allocation
 * and gives the engine the very string it knows as a property name. Bounded: a newcomer replaces what was there.
 */
const cache: string[] = new Array<string>(SLOTS).fill('')

function equals(key: string, source: Uint8Array, offset: number): boolean {
  for (let index = 0; index < key.length; index++) {
    if (key.charCodeAt(index) !== source[offset + index]) return false
  }
  return true
}

/** Reads a key of `length` Latin-1 bytes. */
export function takeKey(source: Uint8Array, offset: number, length: number): string {
  if (length > SHORT_TEXT || length === 0) return takeLatin1(source, offset, length)
  let hash = length
  for (let index = 0; index < length; index++) hash = Math.imul(hash, 31) + source[offset + index]!
  const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
  const known = cache[slot]!
  if (known.length === length && equals(known, source, offset)) return known
  // By way of a property name the string becomes the engine's internalized one.
  const key = Object.keys({ [shortText(source, offset, length)]: 0 })[0]!
  cache[slot] = key
  return key
}
