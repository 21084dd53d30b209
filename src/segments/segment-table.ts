/** The buffers of all pools' segments, each with what books its end. */
const all = new WeakMap<ArrayBufferLike, () => void>()

/** True for the memory of a segment. */
export function isSegment(buffer: ArrayBufferLike): boolean {
  return all.has(buffer)
}

/** The memory of a segment has been taken away from its buffer: it counts no longer. */
export function bookEnd(buffer: ArrayBufferLike): void {
  all.get(buffer)?.()
}

/** The segments of one pool that this process can reach, by number and by buffer. */
export class SegmentTable {
  readonly #numbers = new WeakMap<ArrayBufferLike, number>()
  readonly #buffers = new Map<number, WeakRef<ArrayBuffer>>()
  readonly #map: (number: number) => ArrayBuffer
  readonly #release: (number: number) => void
  /** Entries at which the dead ones are looked for. */
  #sweepAt = 16

  /**
   * @param map maps a segment that this process does not have mapped, or not any more
   * @param release tells that a mapping is of no use any more, in case native code has not heard of it
   */
  constructor(map: (number: number) => ArrayBuffer, release: (number: number) => void) {
    this.#map = map
    this.#release = release
  }

  /** True while this process has never had a segment, or has none any more. */
  get isEmpty(): boolean {
    return this.#buffers.size === 0
  }

  /** Takes up a mapping. */
  add(number: number, buffer: ArrayBuffer): void {
    if (this.#buffers.size >= this.#sweepAt) this.#sweep()
    all.set(buffer, () => this.#release(number))
    this.#numbers.set(buffer, number)
    this.#buffers.set(number, new WeakRef(buffer))
  }

  /** The number of the segment behind a buffer; undefined if it is none of this pool's. */
  numberOf(buffer: ArrayBufferLike): number | undefined {
    return this.#numbers.get(buffer)
  }

  /** The mapping of a segment: the one there is, or a new one. */
  bufferOf(number: number): ArrayBuffer {
    const known = this.#buffers.get(number)?.deref()
    // One that was let go of by hand has no length.
    if (known !== undefined && known.byteLength > 0) return known
    const buffer = this.#map(number)
    this.add(number, buffer)
    return buffer
  }

  /**
   * Lets go of all that has been collected, of which native code hears by itself only as the event loop goes round.
   *
   * @param isWanted whether a segment is about to be mapped again: it is not let go of in between
   */
  releaseCollected(isWanted: (number: number) => boolean = () => false): void {
    for (const [number, reference] of this.#buffers) {
      if (reference.deref() !== undefined || isWanted(number)) continue
      this.#buffers.delete(number)
      this.#release(number)
    }
  }

  #sweep(): void {
    for (const [number, reference] of this.#buffers) {
      const buffer = reference.deref()
      if (buffer === undefined || buffer.byteLength === 0) this.#buffers.delete(number)
    }
    this.#sweepAt = Math.max(16, this.#buffers.size * 2)
  }
}
