import { bookEnd } from './segment-table.js'

/** Detaches a buffer at once. Node itself has a way from version 22 on only. */
let detach: (buffer: ArrayBuffer) => void = () => {}

/** @param native how to detach */
export function useDetach(native: (buffer: ArrayBuffer) => void): void {
  detach = native
}

/** Takes its memory away from a buffer, unless that has happened. */
export function detachBuffer(buffer: ArrayBuffer): void {
  if (buffer.byteLength === 0) return
  detach(buffer)
  bookEnd(buffer)
}

/**
 * Bytes on memory that host and workers share: what `pool.alloc()` returns, and what a task gets that is given it. Passed
 * to a task or returned by one it travels as a handle, whatever its size. What is made of it, such as `subarray`, is a
 * plain `Uint8Array` on the same memory, and travels as a handle as well; `slice` copies.
 *
 * The memory is let go of when nothing refers to it any more, or at once at the end of `using`. It goes back to the system
 * when every process has let go.
 */
export class SharedBytes extends Uint8Array<ArrayBuffer> {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array
  }

  /** Lets go of the memory in this process. This array, and every view on the same memory, is empty from then on. */
  [Symbol.dispose](): void {
    detachBuffer(this.buffer)
  }
}

/**
 * Makes {@link SharedBytes}. Not by `new`: V8 gives up on each function that does it ("dependency change") when it is all but
 * optimized, tries again and again, and meanwhile runs it ten times as slow.
 */
export function shareBytes(buffer: ArrayBuffer, byteOffset: number, length: number): SharedBytes {
  return Reflect.construct(Uint8Array, [buffer, byteOffset, length], SharedBytes) as SharedBytes
}
