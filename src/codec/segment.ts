import { mention, mentionedBuffer } from '../segments/mentions.js'
import { shareBytes } from '../segments/shared-bytes.js'
import { badEncoding } from './bad-encoding.js'
import { putFloat64, putInt32, takeFloat64, takeInt32 } from './number.js'
import { NO_FIT } from './outcome.js'
import { TAG_SEGMENT } from './tags.js'
import { elementSize, viewConstructor, viewKind } from './views.js'

/** Kinds beyond those of views: a Buffer, and the ArrayBuffer itself. */
const KIND_BUFFER = 255
const KIND_ARRAY_BUFFER = 254

/** Tag, kind, number, byte offset, byte length. */
const LENGTH = 22

/** Not on a segment, or of a kind this codec does not know. */
export const NO_SEGMENT = -3

/** Writes a {@link TAG_SEGMENT} message for a view on a segment, or the segment itself. */
export function putSegment(value: object, target: Uint8Array, offset: number, limit: number): number {
  const isView = ArrayBuffer.isView(value)
  const kind = kindOf(value)
  const number = kind < 0 ? undefined : mention(isView ? value.buffer : (value as ArrayBuffer))
  if (number === undefined) return NO_SEGMENT
  if (offset + LENGTH > limit) return NO_FIT
  target[offset] = TAG_SEGMENT
  target[offset + 1] = kind
  putInt32(target, offset + 2, number)
  putFloat64(target, offset + 6, isView ? value.byteOffset : 0)
  putFloat64(target, offset + 14, (value as ArrayBufferView | ArrayBuffer).byteLength)
  return offset + LENGTH
}

/** Reads what {@link putSegment} wrote. */
export function takeSegment(bytes: Uint8Array, offset: number, length: number): unknown {
  if (length !== LENGTH) throw badEncoding('length of a segment')
  const number = takeInt32(bytes, offset + 2) >>> 0
  return viewSegment(bytes[offset + 1]!, number, takeFloat64(bytes, offset + 6), takeFloat64(bytes, offset + 14))
}

/** The kind byte of a value; -1: none. */
export function kindOf(value: object): number {
  if (!ArrayBuffer.isView(value)) return KIND_ARRAY_BUFFER
  return Buffer.isBuffer(value) ? KIND_BUFFER : viewKind(value)
}

/**
 * A view on a segment that the message being decoded mentions.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function viewSegment(kind: number, number: number, byteOffset: number, byteLength: number): unknown {
  const buffer = mentionedBuffer(number)
  if (buffer === undefined) throw badEncoding('segment')
  if (!(byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= buffer.byteLength)) {
    throw badEncoding('part of a segment')
  }
  if (kind === KIND_ARRAY_BUFFER) return buffer
  if (kind === KIND_BUFFER) return Buffer.from(buffer, byteOffset, byteLength)
  const constructor = viewConstructor(kind)
  if (constructor === undefined) throw badEncoding('kind of view')
  const length = byteLength / elementSize(constructor)
  if (!Number.isInteger(length) || !Number.isInteger(byteOffset / elementSize(constructor))) {
    throw badEncoding('alignment of a view')
  }
  return constructor === Uint8Array
    ? shareBytes(buffer, byteOffset, length)
    : new constructor(buffer, byteOffset, length)
}
