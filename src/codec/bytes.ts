/** Below this, a loop copies faster than `TypedArray.prototype.set` is called. */
const SHORT_BYTES = 16

/** Copies all of `source` to `target` at `offset`. The caller has checked that it fits. */
export function putBytes(target: Uint8Array, offset: number, source: Uint8Array): void {
  const length = source.length
  if (length <= SHORT_BYTES) {
    for (let index = 0; index < length; index++) target[offset + index] = source[index]!
  } else {
    target.set(source, offset)
  }
}

/** A fresh ArrayBuffer with a copy of `length` bytes. */
export function copyToArrayBuffer(source: Uint8Array, offset: number, length: number): ArrayBuffer {
  const copy = new Uint8Array(length)
  copyInto(copy, source, offset, length)
  return copy.buffer
}

/** A Buffer with a copy of `length` bytes; small ones come from Node's pool, as from `Buffer.from`. */
export function copyToBuffer(source: Uint8Array, offset: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length)
  copyInto(copy, source, offset, length)
  return copy
}

function copyInto(copy: Uint8Array, source: Uint8Array, offset: number, length: number): void {
  if (length <= SHORT_BYTES) {
    for (let index = 0; index < length; index++) copy[index] = source[offset + index]!
  } else {
    // The constructor and not subarray(): on a Buffer that would make a Buffer, by way of species look-ups.
    copy.set(new Uint8Array(source.buffer, source.byteOffset + offset, length))
  }
}

/** The bytes of any view, without a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
