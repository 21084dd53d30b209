import { types } from 'node:util'
import { mayMention } from '../segments/mentions.js'
import { bytesOf, putBytes } from './bytes.js'
import { putBigInt64, putFloat64, putInt32 } from './number.js'
import { NO_FIT } from './outcome.js'
import { putTree } from './plain-encode.js'
import { NO_SEGMENT, putSegment } from './segment.js'
import { putStructured } from './structured-message.js'
import {
  TAG_ARRAY_BUFFER,
  TAG_BIGINT64,
  TAG_BUFFER,
  TAG_DATE,
  TAG_FALSE,
  TAG_FLOAT64,
  TAG_INT32,
  TAG_LATIN1,
  TAG_NULL,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
  TAG_VIEW,
} from './tags.js'
import { putLatin1, putUtf16 } from './text.js'
import { isFixed, wholeViewKind } from './views.js'

const { getPrototypeOf, is } = Object
const objectPrototype = Object.prototype
const arrayPrototype = Array.prototype
const bufferPrototype = Buffer.prototype
const datePrototype = Date.prototype

/**
 * Encodes `value` at `offset`, exactly as `structuredClone` would carry it; a Buffer stays a Buffer.
 *
 * Accessors are read, as structured clone reads them, and may be read more than once.
 *
 * @param limit first offset that must not be written; the end of `target` if left out
 * @returns the end offset, or -1 if the value does not fit (then call `encodeLarge`); bytes from `offset` on may
 * have been written all the same
 * @throws ERR_HATCHERY_DATA_CLONE if the value holds what cannot be cloned
 */
export function encode(value: unknown, target: Uint8Array, offset: number, limit: number = target.length): number {
  if (offset >= limit) return NO_FIT
  switch (typeof value) {
    case 'string':
      return encodeText(value, target, offset, limit)
    case 'number':
      return encodeNumber(value, target, offset, limit)
    case 'undefined':
      target[offset] = TAG_UNDEFINED
      return offset + 1
    case 'boolean':
      target[offset] = value ? TAG_TRUE : TAG_FALSE
      return offset + 1
    case 'object':
      if (value !== null) return encodeObject(value, target, offset, limit)
      target[offset] = TAG_NULL
      return offset + 1
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) return putStructured(value, target, offset, limit)
      if (offset + 9 > limit) return NO_FIT
      target[offset] = TAG_BIGINT64
      putBigInt64(target, offset + 1, value)
      return offset + 9
    default:
      return putStructured(value, target, offset, limit)
  }
}

function encodeText(text: string, target: Uint8Array, offset: number, limit: number): number {
  const start = offset + 1
  if (start + text.length > limit) return NO_FIT
  target[offset] = TAG_LATIN1
  const end = putLatin1(target, start, text)
  if (end >= 0) return end
  if (start + text.length * 2 > limit) return NO_FIT
  target[offset] = TAG_UTF16
  return putUtf16(target, start, text)
}

function encodeNumber(value: number, target: Uint8Array, offset: number, limit: number): number {
  if (is(value | 0, value)) {
    if (offset + 5 > limit) return NO_FIT
    target[offset] = TAG_INT32
    putInt32(target, offset + 1, value)
    return offset + 5
  }
  return encodeFloat(TAG_FLOAT64, value, target, offset, limit)
}

function encodeFloat(tag: number, value: number, target: Uint8Array, offset: number, limit: number): number {
  if (offset + 9 > limit) return NO_FIT
  target[offset] = tag
  putFloat64(target, offset + 1, value)
  return offset + 9
}

function encodeObject(value: object, target: Uint8Array, offset: number, limit: number): number {
  if (types.isProxy(value)) return putStructured(value, target, offset, limit)
  const prototype: unknown = getPrototypeOf(value)
  if (prototype === objectPrototype || prototype === arrayPrototype || prototype === null) {
    const end = putTree(value, prototype, target, offset, limit)
    return end >= NO_FIT ? end : putStructured(value, target, offset, limit)
  }
  if (mayMention() && (ArrayBuffer.isView(value) || types.isArrayBuffer(value))) {
    const end = putSegment(value, target, offset, limit)
    if (end !== NO_SEGMENT) return end
  }
  if (prototype === bufferPrototype) return encodeBytes(TAG_BUFFER, value as Buffer, target, offset, limit)
  if (ArrayBuffer.isView(value)) return encodeView(value, target, offset, limit)
  if (prototype === datePrototype && types.isDate(value)) {
    return encodeFloat(TAG_DATE, value.getTime(), target, offset, limit)
  }
  if (types.isArrayBuffer(value) && isFixed(value)) {
    return encodeBytes(TAG_ARRAY_BUFFER, new Uint8Array(value), target, offset, limit)
  }
  return putStructured(value, target, offset, limit)
}

function encodeBytes(tag: number, bytes: Uint8Array, target: Uint8Array, offset: number, limit: number): number {
  const end = offset + 1 + bytes.length
  if (end > limit) return NO_FIT
  target[offset] = tag
  putBytes(target, offset + 1, bytes)
  return end
}

function encodeView(view: ArrayBufferView, target: Uint8Array, offset: number, limit: number): number {
  const kind = wholeViewKind(view)
  if (kind < 0) return putStructured(view, target, offset, limit)
  const end = offset + 2 + view.byteLength
  if (end > limit) return NO_FIT
  target[offset] = TAG_VIEW
  target[offset + 1] = kind
  putBytes(target, offset + 2, bytesOf(view))
  return end
}
