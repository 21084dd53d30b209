/** What has no parts: numbers, text, keys, and the counts in front of whatever is long. */
import { putFloat64, putInt32 } from './number.js'
import { NO_FIT } from './outcome.js'
import { TAG_FLOAT64, TAG_INT32, TAG_LATIN1, TAG_SMALL, TAG_UTF16 } from './tags.js'
import { putLatin1, putUtf16 } from './text.js'

const { is } = Object

/** A length or count below this takes one byte; otherwise this byte and 4 more. */
export const LONG_COUNT = 255

/** First byte of a key that is long or not Latin-1: a UTF-16 length of 4 bytes follows. */
export const WIDE_KEY = 255

export function putTag(tag: number, target: Uint8Array, offset: number, limit: number): number {
  if (offset >= limit) return NO_FIT
  target[offset] = tag
  return offset + 1
}

export function putNumber(value: number, target: Uint8Array, offset: number, limit: number): number {
  if (is(value | 0, value)) {
    if (value >= 0 && value < 256 - TAG_SMALL) return putTag(TAG_SMALL + value, target, offset, limit)
    if (offset + 5 > limit) return NO_FIT
    target[offset] = TAG_INT32
    putInt32(target, offset + 1, value)
    return offset + 5
  }
  if (offset + 9 > limit) return NO_FIT
  target[offset] = TAG_FLOAT64
  putFloat64(target, offset + 1, value)
  return offset + 9
}

/** Bytes that {@link putCount} takes. */
export function countSize(count: number): number {
  return count < LONG_COUNT ? 1 : 5
}

export function putCount(count: number, target: Uint8Array, offset: number): number {
  if (count < LONG_COUNT) {
    target[offset] = count
    return offset + 1
  }
  target[offset] = LONG_COUNT
  putInt32(target, offset + 1, count)
  return offset + 5
}

export function putText(text: string, target: Uint8Array, offset: number, limit: number): number {
  const length = text.length
  if (offset + 1 + countSize(length) + length > limit) return NO_FIT
  target[offset] = TAG_LATIN1
  const end = putLatin1(target, putCount(length, target, offset + 1), text)
  if (end >= 0) return end
  if (offset + 1 + countSize(length * 2) + length * 2 > limit) return NO_FIT
  target[offset] = TAG_UTF16
  return putUtf16(target, putCount(length * 2, target, offset + 1), text)
}

export function putKey(key: string, target: Uint8Array, offset: number, limit: number): number {
  const length = key.length
  if (length < WIDE_KEY) {
    if (offset + 1 + length > limit) return NO_FIT
    target[offset] = length
    const end = putLatin1(target, offset + 1, key)
    if (end >= 0) return end
  }
  if (offset + 5 + length * 2 > limit) return NO_FIT
  target[offset] = WIDE_KEY
  putInt32(target, offset + 1, length * 2)
  return putUtf16(target, offset + 5, key)
}
