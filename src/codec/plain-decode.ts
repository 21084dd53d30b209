import { badEncoding } from './bad-encoding.js'
import { copyToArrayBuffer, copyToBuffer } from './bytes.js'
import { takeKey } from './keys.js'
import { takeBigInt64, takeFloat64, takeInt32 } from './number.js'
import { takeFloat64s, takeInt32s, takeNumbers } from './number-arrays.js'
import { MAX_DEPTH } from './plain-encode.js'
import { LONG_COUNT, WIDE_KEY } from './plain-scalars.js'
import { builderOf, readShape, takeKeys } from './shape-decode.js'
import {
  TAG_ARRAY,
  TAG_BIGINT64,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT64,
  TAG_FLOAT64S,
  TAG_INT32,
  TAG_INT32S,
  TAG_LATIN1,
  TAG_NULL,
  TAG_OBJECT,
  TAG_PAD,
  TAG_RECORD,
  TAG_SMALL,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
  TAG_VIEW,
} from './tags.js'
import { takeLatin1, takeUtf16 } from './text.js'
import { elementSize, viewConstructor } from './views.js'
import { Words } from './words.js'

const { defineProperty } = Object
const objectPrototype = Object.prototype

/** Where the next byte is read. One value is decoded at a time, and no code of the user runs meanwhile. */
let cursor = 0

const sourceWords = new Words()
/** Of the message under way: where `source` begins in its buffer, and the words of that. */
let shift = 0
let words: Int32Array = new Int32Array(0)

/**
 * Reads what `putTree` wrote at `offset`; it must end exactly at `end`. Every length is checked before use, and
 * what is allocated is bounded by the length of the message.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function takeTree(source: Uint8Array, offset: number, end: number): unknown {
  cursor = offset
  shift = source.byteOffset
  words = sourceWords.of(source)
  const value = takeValue(source, end, 0)
  if (cursor !== end) throw badEncoding('bytes left over')
  return value
}

/** Keeps the memory of the last message alive no longer. */
export function forgetSource(): void {
  sourceWords.forget()
  words = new Int32Array(0)
}

/** Claims `size` bytes at the cursor and returns where they begin. */
function claim(size: number, end: number): number {
  const start = cursor
  if (size > end - start) throw badEncoding('length')
  cursor = start + size
  return start
}

function takeTag(source: Uint8Array, end: number): number {
  if (cursor >= end) throw badEncoding('message too short')
  return source[cursor++]!
}

function takeCount(source: Uint8Array, end: number): number {
  const short = source[claim(1, end)]!
  return short < LONG_COUNT ? short : takeInt32(source, claim(4, end)) >>> 0
}

function takeValue(source: Uint8Array, end: number, depth: number): unknown {
  const tag = takeTag(source, end)
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
    case TAG_RECORD:
      return takeRecord(source, end, depth + 1)
    case TAG_PAD:
      return takePadded(source, end, depth)
    case TAG_INT32S:
      return takePacked(source, end, 4)
    case TAG_FLOAT64S:
      return takePacked(source, end, 8)
    case TAG_VIEW:
      return takeView(source, end)
    default:
      throw badEncoding(`tag ${tag}`)
  }
}

function takeArray(source: Uint8Array, end: number, depth: number): unknown[] {
  if (depth > MAX_DEPTH + 1) throw badEncoding('depth')
  const count = takeCount(source, end)
  if (count > end - cursor) throw badEncoding('count')
  // The first two at once: an empty array that grows gets room for 16.
  if (count === 0) return []
  if (count === 1) return [takeValue(source, end, depth)]
  const value = [takeValue(source, end, depth), takeValue(source, end, depth)]
  for (let index = 2; index < count; index++) value.push(takeValue(source, end, depth))
  return value
}

function takePadded(source: Uint8Array, end: number, depth: number): unknown {
  let tag: number
  do tag = takeTag(source, end)
  while (tag === TAG_PAD)
  if (tag === TAG_OBJECT) return takeObject(source, end, depth + 1)
  if (tag === TAG_INT32S) return takePacked(source, end, 4)
  if (tag === TAG_FLOAT64S) return takePacked(source, end, 8)
  throw badEncoding('padding')
}

/** The cursor is behind the tag. */
function takePacked(source: Uint8Array, end: number, size: 4 | 8): number[] {
  const head = claim(3, end)
  const count = source[head]! | (source[head + 1]! << 8) | (source[head + 2]! << 16)
  const start = claim(count * size, end)
  const at = start + shift
  if ((at & 3) !== 0) return takeNumbers(source, start, count, size)
  return size === 4 ? takeInt32s(words, at >> 2, count) : takeFloat64s(words, at >> 2, count)
}

/** The cursor is behind the tag. */
function takeObject(source: Uint8Array, end: number, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH + 1) throw badEncoding('depth')
  const start = cursor - 1
  const length = source[claim(1, end)]!
  cursor = start
  claim(length * 4, end)
  const at = start + shift
  const shape = (at & 3) === 0 && length !== 0 ? readShape(words, at >> 2, length) : undefined
  if (shape === undefined) return takeValues(takeKeys(source, start, length * 4), source, end, depth)
  const build = builderOf(shape)
  return build === undefined
    ? takeValues(shape.keys, source, end, depth)
    : build(shape.template, shape.keys, takeValue, source, end, depth)
}

function takeValues(keys: readonly string[], source: Uint8Array, end: number, depth: number): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (let index = 0; index < keys.length; index++) setOwn(value, keys[index]!, takeValue(source, end, depth))
  return value
}

function takeRecord(source: Uint8Array, end: number, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH + 1) throw badEncoding('depth')
  const count = takeCount(source, end)
  if (count > end - cursor) throw badEncoding('count')
  const value: Record<string, unknown> = {}
  for (let index = 0; index < count; index++) {
    const length = source[claim(1, end)]!
    const key = length === WIDE_KEY ? takeWideKey(source, end) : takeKey(source, claim(length, end), length)
    setOwn(value, key, takeValue(source, end, depth))
  }
  return value
}

function takeView(source: Uint8Array, end: number): ArrayBufferView {
  const constructor = viewConstructor(source[claim(1, end)]!)
  if (constructor === undefined) throw badEncoding('kind of view')
  const length = takeCount(source, end)
  if (length % elementSize(constructor) !== 0) throw badEncoding('length of a view')
  return new constructor(copyToArrayBuffer(source, claim(length, end), length))
}

function takeWideKey(source: Uint8Array, end: number): string {
  const length = takeInt32(source, claim(4, end)) >>> 0
  if ((length & 1) !== 0) throw badEncoding('odd length of a UTF-16 key')
  return takeUtf16(source, claim(length, end), length)
}

/** `__proto__`, `toString` and their like: a plain assignment would reach the prototype or be refused by it. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key in objectPrototype) {
    defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}
