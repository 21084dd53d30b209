import { types } from 'node:util'
import { paddingOf } from './padding.js'
import { TAG_ARRAY_BUFFER, TAG_BUFFER, TAG_VIEW } from './tags.js'
import { elementSize, viewConstructor, wholeViewKind } from './views.js'

/**
 * The tag of a Buffer, or of a view that covers its whole memory, whose encoding is that tag and its bytes: one byte, or
 * two, the second above the first. 0 for any other value.
 */
export function tagOfBytes(value: unknown): number {
  if (!ArrayBuffer.isView(value) || types.isProxy(value)) return 0
  if (Object.getPrototypeOf(value) === Buffer.prototype) {
    // Other threads may write to shared memory while native code reads it; JavaScript is allowed to.
    return types.isArrayBuffer(value.buffer) ? TAG_BUFFER : 0
  }
  const kind = wholeViewKind(value)
  // Kind 0 would not be seen in a tag of two bytes.
  return kind > 0 ? TAG_VIEW | (kind << 8) : 0
}

/**
 * Decodes a large message that is a tag and bytes without moving them through JavaScript.
 *
 * @param take gives memory with the bytes of the message from one on
 * @returns undefined if the message is another one
 */
export function takeBytes(
  bytes: Uint8Array,
  offset: number,
  length: number,
  take: (start: number, length: number) => ArrayBuffer,
): Buffer | ArrayBuffer | ArrayBufferView | undefined {
  const tag = paddingOf(bytes, offset, length)
  const start = tag + 1
  switch (bytes[offset + tag]) {
    case TAG_BUFFER:
      return Buffer.from(take(start, length - start))
    case TAG_ARRAY_BUFFER:
      return take(start, length - start)
    case TAG_VIEW: {
      const constructor = viewConstructor(bytes[offset + start]!)
      if (constructor === undefined || (length - start - 1) % elementSize(constructor) !== 0) return undefined
      return new constructor(take(start + 1, length - start - 1))
    }
    default:
      return undefined
  }
}
