import { badEncoding } from './bad-encoding.js'
import { copyToBuffer } from './bytes.js'
import { takeKey } from './keys.js'
import { takeBigInt64, takeFloat64, takeInt32 } from './number.js'
import { LONG_COUNT, MAX_DEPTH, WIDE_KEY } from './plain-encode.js'
import {
  TAG_ARRAY,
  TAG_BIGINT64,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT64,
  TAG_INT32,
  TAG_LATIN1,
  TAG_NULL,
  TAG_OBJECT,
  TAG_SMALL,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
} from './tags.js'
import { takeLatin1, takeUtf16 } from './text.js'

const { defineProperty } = Object
const objectPrototype = Object.prototype

/** Where the next byte is read. One value is decoded at a time, and no code of the user runs meanwhile. */
let cursor = 0

/**
 * Reads what `putTree` wrote at `offset`; it must end exactly at `end`. Every length is checked before use, and
 * what is allocated is bounded by the length of the message.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function takeTree(source: Uint8Array, offset: number, end: number): unknown {
  cursor = offset
  const value = takeValue(source, end, 0)
  if (cursor !== end) throw badEncoding('bytes left over')
  return value
}

/** Claims `size` bytes at the cursor and returns where they begin. */
function claim(size: number, end: number): number {
  const start = cursor
  if (size > end - start) throw badEncoding('length')
  cursor = start + size
  return start
}

function takeCount(source: Uint8Array, end: number): number {
  const short = source[claim(1, end)]!
  return short < LONG_COUNT ? short : takeInt32(source, claim(4, end)) >>> 0
}

function takeValue(source: Uint8Array, end: number, depth: number): unknown {
  if (cursor >= end) throw badEncoding('message too short')
  const tag = source[cursor++]!
  if (tag >= TAG_SMALL) return tag - TAG_SMALL
  switch (tag) {
    case TAG_UNDEFINED:
      return undefined
    case TAG_NULL:
      return null
    case TAG_TRUE:
      return true
    case TAG_FALSE:
      return false
    case TAG_INT32:
      return takeInt32(source, claim(4, end))
    case TAG_FLOAT64:
      return takeFloat64(source, claim(8, end))
    case TAG_LATIN1: {
      const length = takeCount(source, end)
      return takeLatin1(source, claim(length, end), length)
    }
    case TAG_UTF16: {
      const length = takeCount(source, end)
      if ((length & 1) !== 0) throw badEncoding('odd length of a UTF-16 string')
      return takeUtf16(source, claim(length, end), length)
    }
    case TAG_BIGINT64:
      return takeBigInt64(source, claim(8, end))
    case TAG_DATE:
      return new Date(takeFloat64(source, claim(8, end)))
    case TAG_BUFFER: {
      const length = takeCount(source, end)
      return copyToBuffer(source, claim(length, end), length)
    }
    case TAG_ARRAY:
      return takeArray(source, end, depth + 1)
    case TAG_OBJECT:
      return takeObject(source, end, depth + 1)
    default:
      throw badEncoding(`tag ${tag}`)
  }
}

function takeArray(source: Uint8Array, end: number, depth: number): unknown[] {
  if (depth > MAX_DEPTH + 1) throw badEncoding('depth')
  const count = takeCount(source, end)
  if (count > end - cursor) throw badEncoding('count')
  const value: unknown[] = []
  for (let index = 0; index < count; index++) value.push(takeValue(source, end, depth))
  return value
}

function takeObject(source: Uint8Array, end: number, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH + 1) throw badEncoding('depth')
  const count = takeCount(source, end)
  if (count > end - cursor) throw badEncoding('count')
  const value: Record<string, unknown> = {}
  for (let index = 0; index < count; index++) {
    const length = source[claim(1, end)]!
    const key = length === WIDE_KEY ? takeWideKey(source, end) : takeKey(source, claim(length, end), length)
    if (key in objectPrototype) defineOwn(value, key, takeValue(source, end, depth))
    else value[key] = takeValue(source, end, depth)
  }
  return value
}

function takeWideKey(source: Uint8Array, end: number): string {
  const length = takeInt32(source, claim(4, end)) >>> 0
  if ((length & 1) !== 0) throw badEncoding('odd length of a UTF-16 key')
  return takeUtf16(source, claim(length, end), length)
}

/** `__proto__`, `toString` and their like: a plain assignment would reach the prototype or be refused by it. */
function defineOwn(target: object, key: string, value: unknown): void {
  defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}
