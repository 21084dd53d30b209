import { badEncoding } from './bad-encoding.js'
import { copyToArrayBuffer, copyToBuffer } from './bytes.js'
import { takeBigInt64, takeFloat64, takeInt32 } from './number.js'
import { paddingOf } from './padding.js'
import { forgetSource, takeTree } from './plain-decode.js'
import { takeSegment } from './segment.js'
import { deserializeStructured } from './structured.js'
import {
  TAG_ARRAY,
  TAG_ARRAY_BUFFER,
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
  TAG_SEGMENT,
  TAG_TRUE,
  TAG_UNDEFINED,
  TAG_UTF16,
  TAG_V8,
  TAG_VIEW,
} from './tags.js'
import { takeLatin1, takeUtf16 } from './text.js'
import { elementSize, viewConstructor } from './views.js'

/**
 * Decodes the message of `length` bytes at `offset`. The result shares no memory with `bytes`.
 *
 * The bytes may be hostile: whatever they are, the outcome is a value or ERR_HATCHERY_BAD_ENCODING, what is
 * allocated is bounded by `length`, and no prototype is touched.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function decode(bytes: Uint8Array, offset: number, length: number): unknown {
  const end = offset + length
  if (offset < 0 || length < 1 || end > bytes.length) throw badEncoding('message length')
  const start = offset + 1
  const size = length - 1
  switch (bytes[offset]) {
    case TAG_UNDEFINED:
      return exactly(size, 0, undefined)
    case TAG_NULL:
      return exactly(size, 0, null)
    case TAG_TRUE:
      return exactly(size, 0, true)
    case TAG_FALSE:
      return exactly(size, 0, false)
    case TAG_INT32:
      return exactly(size, 4, takeInt32(bytes, start))
    case TAG_FLOAT64:
      return exactly(size, 8, takeFloat64(bytes, start))
    case TAG_LATIN1:
      return takeLatin1(bytes, start, size)
    case TAG_UTF16:
      if ((size & 1) !== 0) throw badEncoding('odd length of a UTF-16 string')
      return takeUtf16(bytes, start, size)
    case TAG_BIGINT64:
      if (size !== 8) throw badEncoding('length')
      return takeBigInt64(bytes, start)
    case TAG_DATE:
      if (size !== 8) throw badEncoding('length')
      return new Date(takeFloat64(bytes, start))
    case TAG_BUFFER:
      return copyToBuffer(bytes, start, size)
    case TAG_VIEW:
      return decodeView(bytes, start, size)
    case TAG_ARRAY_BUFFER:
      return copyToArrayBuffer(bytes, start, size)
    case TAG_ARRAY:
    case TAG_OBJECT:
    case TAG_RECORD:
    case TAG_INT32S:
    case TAG_FLOAT64S:
      return takeTree(bytes, offset, end)
    case TAG_SEGMENT:
      return takeSegment(bytes, offset, length)
    case TAG_PAD:
      return decodePadded(bytes, offset, length)
    case TAG_V8:
      return deserializeStructured(bytes.subarray(start, end))
    default:
      throw badEncoding(`tag ${bytes[offset]}`)
  }
}

function decodePadded(bytes: Uint8Array, offset: number, length: number): unknown {
  const padding = paddingOf(bytes, offset, length)
  if (bytes[offset + padding] === TAG_PAD) throw badEncoding('padding')
  return decode(bytes, offset + padding, length - padding)
}

/** The scalars read past a message that is too short, yet never past `bytes` (that reads as 0); judged here. */
function exactly<T>(size: number, expected: number, value: T): T {
  if (size !== expected) throw badEncoding('length')
  return value
}

function decodeView(bytes: Uint8Array, start: number, size: number): ArrayBufferView {
  const constructor = size < 1 ? undefined : viewConstructor(bytes[start]!)
  if (constructor === undefined) throw badEncoding('kind of view')
  if ((size - 1) % elementSize(constructor) !== 0) throw badEncoding('length of a view')
  return new constructor(copyToArrayBuffer(bytes, start + 1, size - 1))
}

/**
 * Decodes a message that takes up all of `bytes`, whose memory the caller gives away: a Buffer in the result is a
 * window on it, without a copy. (Other views are copied, so that their `buffer` is exactly theirs.)
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function decodeOwned(bytes: Uint8Array): unknown {
  const start = paddingOf(bytes, 0, bytes.length) + 1
  if (bytes[start - 1] === TAG_BUFFER) {
    return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset + start, bytes.length - start)
  }
  try {
    return decode(bytes, 0, bytes.length)
  } finally {
    forgetSource()
  }
}
