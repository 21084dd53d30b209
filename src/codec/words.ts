/**
 * The 32-bit words of whatever bytes are worked on: sections of keys are copied and compared by words, which takes a
 * quarter of the steps. The last view is kept, because a process works on the same few buffers all the time.
 */
export class Words {
  #bytes: Uint8Array | undefined
  #view: Int32Array = new Int32Array(0)

  /** Views the words of the buffer that `bytes` lies in; word 0 is at the buffer's start. */
  of(bytes: Uint8Array): Int32Array {
    return bytes === this.#bytes ? this.#view : this.#change(bytes)
  }

  /** Keeps no buffer alive. */
  forget(): void {
    this.#bytes = undefined
    this.#view = new Int32Array(0)
  }

  #change(bytes: Uint8Array): Int32Array {
    const { buffer } = bytes
    if (buffer !== this.#view.buffer) this.#view = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    this.#bytes = bytes
    return this.#view
  }
}
