import { types } from 'node:util'
import { mayMention } from '../segments/mentions.js'
import { isSegment } from '../segments/segment-table.js'
import { bytesOf, putBytes } from './bytes.js'
import { putBigInt64, putFloat64 } from './number.js'
import { MANY_NUMBERS, MOST_NUMBERS, putFloat64s, putInt32s } from './number-arrays.js'
import { NO_FIT, NOT_PLAIN, OTHER_KEYS } from './outcome.js'
import { hasElementsOnly, isPrototypeEnumerable } from './own-keys.js'
import { countSize, putCount, putKey, putNumber, putTag, putText } from './plain-scalars.js'
import { MAX_KEYS, putSection, sectionSize } from './shape.js'
import { expectedShape, findShape, previousShape, retractShape, type WrittenShape } from './shape-encode.js'
import {
  TAG_ARRAY,
  TAG_BIGINT64,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT64S,
  TAG_INT32S,
  TAG_NULL,
  TAG_PAD,
  TAG_RECORD,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_VIEW,
} from './tags.js'
import { wholeViewKind } from './views.js'
import { anyShared, endVisit, isVisiting, unvisit, visit, visitCount } from './visited.js'
import { Words } from './words.js'

const { getPrototypeOf, hasOwn, keys } = Object
const { isArray } = Array
const { isView } = ArrayBuffer
const { isProxy } = types
const objectPrototype = Object.prototype
const arrayPrototype = Array.prototype
const bufferPrototype = Buffer.prototype
const datePrototype = Date.prototype
const { getTime } = Date.prototype

/** Deeper trees go to V8, so that our recursion and that of the decoder stay bounded. */
export const MAX_DEPTH = 64

const targetWords = new Words()
/** Of the message under way: its start, where `target` begins in its buffer, and the words of that if they serve. */
let origin = 0
let shift = 0
let words: Int32Array | undefined

/**
 * Writes an array or plain object with all it holds.
 *
 * @param value no proxy
 * @param prototype its prototype
 * @returns the end offset, NO_FIT, or NOT_PLAIN if the tree holds anything with a tag of its own only at the top
 * (Map, Error, …), shares a container or is deeper than {@link MAX_DEPTH}
 */
export function putTree(value: object, prototype: unknown, target: Uint8Array, offset: number, limit: number): number {
  // Only a getter gets here while another tree is under way. V8's serializer is re-entrant, this one is not.
  if (isVisiting()) return NOT_PLAIN
  origin = offset
  shift = target.byteOffset
  words = ((shift + offset) & 3) === 0 ? targetWords.of(target) : undefined
  try {
    visit(value)
    const end = putContent(value, prototype, target, offset, limit, 0)
    return isPrototypeEnumerable() || anyShared() ? NOT_PLAIN : end
  } catch {
    // A getter threw. V8 meets it again and there it is reported.
    return NOT_PLAIN
  } finally {
    endVisit()
  }
}

/** Keeps the memory of the last target alive no longer. */
export function forgetTarget(): void {
  targetWords.forget()
  words = undefined
}

function putValue(value: unknown, target: Uint8Array, offset: number, limit: number, depth: number): number {
  switch (typeof value) {
    case 'string':
      return putText(value, target, offset, limit)
    case 'number':
      return putNumber(value, target, offset, limit)
    case 'boolean':
      return putTag(value ? TAG_TRUE : TAG_FALSE, target, offset, limit)
    case 'undefined':
      return putTag(TAG_UNDEFINED, target, offset, limit)
    case 'object':
      if (value === null) return putTag(TAG_NULL, target, offset, limit)
      return putContainer(value, target, offset, limit, depth)
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) return NOT_PLAIN
      if (offset + 9 > limit) return NO_FIT
      target[offset] = TAG_BIGINT64
      putBigInt64(target, offset + 1, value)
      return offset + 9
    default:
      return NOT_PLAIN
  }
}

function putContainer(value: object, target: Uint8Array, offset: number, limit: number, depth: number): number {
  if (depth > MAX_DEPTH || isProxy(value) || !visit(value)) return NOT_PLAIN
  return putContent(value, getPrototypeOf(value), target, offset, limit, depth)
}

function putContent(
  value: object,
  prototype: unknown,
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  if (prototype === objectPrototype || prototype === null) {
    return putObject(value as Record<string, unknown>, target, offset, limit, depth)
  }
  if (isArray(value)) {
    return prototype === arrayPrototype ? putArray(value, target, offset, limit, depth) : NOT_PLAIN
  }
  // V8 mentions a segment; here its bytes would be copied.
  if (mayMention() && isView(value) && isSegment(value.buffer)) return NOT_PLAIN
  if (prototype === bufferPrototype) return putBuffer(value as Buffer, target, offset, limit)
  if (prototype === datePrototype) {
    if (offset + 9 > limit) return NO_FIT
    target[offset] = TAG_DATE
    // Throws if it is no Date, and is caught as a getter that throws.
    putFloat64(target, offset + 1, getTime.call(value))
    return offset + 9
  }
  return isView(value) ? putView(value, target, offset, limit) : NOT_PLAIN
}

/** The next multiple of 4 from the start of the message. */
function alignedOffset(offset: number): number {
  return ((offset - origin + 3) & ~3) + origin
}

/** Fills up to the {@link alignedOffset}; the caller checks that it fits. */
function putPads(target: Uint8Array, offset: number): number {
  const end = alignedOffset(offset)
  for (let at = offset; at < end; at++) target[at] = TAG_PAD
  return end
}

function putShape(
  { keys: names, section }: WrittenShape,
  value: Record<string, unknown>,
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  const length = section.length
  if (alignedOffset(offset) + length * 4 > limit) return NO_FIT
  let at = putPads(target, offset)
  if (words !== undefined) {
    const first = (at + shift) >> 2
    for (let index = 0; index < length; index++) words[first + index] = section[index]!
  } else {
    target.set(bytesOf(section), at)
  }
  at += length * 4
  const count = names.length
  let index = 0
  // With `for in` the engine finds each value where it found the key: a quarter of the cost of a look-up by name.
  for (const name in value) {
    if (index === count || name !== names[index]) return OTHER_KEYS
    index++
    const property = value[name]
    // The most frequent kinds, without the way through putValue.
    if (typeof property === 'string') at = putText(property, target, at, limit)
    else if (typeof property === 'number') at = putNumber(property, target, at, limit)
    else at = putValue(property, target, at, limit, depth + 1)
    if (at < 0) return at
  }
  return index === count ? at : OTHER_KEYS
}

/**
 * An object: first as if it had the keys of one of the two shapes to be expected, then by the keys it has. Getters may
 * be read again.
 */
function putObject(
  value: Record<string, unknown>,
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  const visits = visitCount()
  const before = previousShape()
  const shape = expectedShape(value)
  if (shape !== undefined) {
    const end = putShape(shape, value, target, offset, limit, depth)
    if (end !== OTHER_KEYS) return end
    unvisit(visits)
    retractShape(before)
  }
  const names = keys(value)
  // A dictionary: its keys are hardly seen again, and V8 is quicker with so many.
  if (names.length > MAX_KEYS) return NOT_PLAIN
  const found = findShape(names)
  if (found !== undefined) {
    const end = putShape(found, value, target, offset, limit, depth)
    // A getter has taken keys away, or added some: V8 knows the rules for that.
    return end === OTHER_KEYS ? NOT_PLAIN : end
  }
  const size = sectionSize(names)
  return size === 0
    ? putRecord(value, names, target, offset, limit, depth)
    : putValues(value, names, size, target, offset, limit, depth)
}

/** An object of keys that are not known yet, as {@link putShape} would write it. */
function putValues(
  value: Record<string, unknown>,
  names: readonly string[],
  size: number,
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  if (alignedOffset(offset) + size > limit) return NO_FIT
  let at = putSection(names, size, target, putPads(target, offset))
  for (const name of names) {
    at = putProperty(value, name, target, at, limit, depth)
    if (at < 0) return at
  }
  return at
}

function putRecord(
  value: Record<string, unknown>,
  names: readonly string[],
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  const count = names.length
  if (offset + 1 + countSize(count) > limit) return NO_FIT
  target[offset] = TAG_RECORD
  let at = putCount(count, target, offset + 1)
  for (const name of names) {
    at = putKey(name, target, at, limit)
    if (at < 0) return at
    at = putProperty(value, name, target, at, limit, depth)
    if (at < 0) return at
  }
  return at
}

function putProperty(
  value: Record<string, unknown>,
  name: string,
  target: Uint8Array,
  offset: number,
  limit: number,
  depth: number,
): number {
  const property = value[name]
  // Deleted by the getter of another.
  if (property === undefined && !hasOwn(value, name)) return NOT_PLAIN
  return putValue(property, target, offset, limit, depth + 1)
}

function putArray(value: unknown[], target: Uint8Array, offset: number, limit: number, depth: number): number {
  const count = value.length
  if (!hasElementsOnly(value)) return NOT_PLAIN
  if (count >= MANY_NUMBERS && typeof value[0] === 'number' && words !== undefined && count <= MOST_NUMBERS) {
    const end = putNumbers(value, words, target, offset, limit)
    if (end >= 0) return value.length === count ? end : NOT_PLAIN
  }
  if (offset + 1 + countSize(count) > limit) return NO_FIT
  target[offset] = TAG_ARRAY
  let at = putCount(count, target, offset + 1)
  for (let index = 0; index < count; index++) {
    const element = value[index]
    if (element === undefined && !hasOwn(value, index)) return NOT_PLAIN
    at = putValue(element, target, at, limit, depth + 1)
    if (at < 0) return at
  }
  // A getter may have changed the array meanwhile; V8 knows the rules for that.
  return value.length === count ? at : NOT_PLAIN
}

/** An array of nothing but numbers. NO_FIT: it is not that, or goes on too long; one by one they may still fit. */
function putNumbers(value: unknown[], into: Int32Array, target: Uint8Array, offset: number, limit: number): number {
  const count = value.length
  const start = alignedOffset(offset)
  const content = start + 4
  const at = (content + shift) >> 2
  let end = content + count * 4
  if (end > limit) return NO_FIT
  let tag = TAG_INT32S
  if (!putInt32s(value, count, into, at)) {
    tag = TAG_FLOAT64S
    end = content + count * 8
    if (end > limit || !putFloat64s(value, count, into, at)) return NO_FIT
  }
  putPads(target, offset)
  into[at - 1] = tag | (count << 8)
  return end
}

/** A view of all of its buffer, as long as nobody else has that. */
function putView(value: ArrayBufferView, target: Uint8Array, offset: number, limit: number): number {
  const kind = wholeViewKind(value)
  if (kind < 0 || !visit(value.buffer)) return NOT_PLAIN
  const length = value.byteLength
  const start = offset + 2 + countSize(length)
  if (start + length > limit) return NO_FIT
  target[offset] = TAG_VIEW
  target[offset + 1] = kind
  putCount(length, target, offset + 2)
  putBytes(target, start, bytesOf(value))
  return start + length
}

function putBuffer(value: Buffer, target: Uint8Array, offset: number, limit: number): number {
  const length = value.length
  const start = offset + 1 + countSize(length)
  if (start + length > limit) return NO_FIT
  target[offset] = TAG_BUFFER
  putCount(length, target, offset + 1)
  putBytes(target, start, value)
  return start + length
}
