import { collectThoroughly, outweighHeap, PacedCollector } from '../codec/index.js'
import type { SegmentTable } from '../segments/segment-table.js'

/** Segments allocated since the last collection that are worth another one: each takes up a descriptor. */
const MANY = 64

/**
 * The handles of `pool.alloc()` that nobody has any more. V8 sees neither the descriptor of a segment nor that the pool's
 * memory runs out, so it may not collect them for hours. Where they would be missed, all garbage is collected once, but not
 * time and again: that takes as long as the heap is large.
 */
export class Garbage {
  readonly #segments: SegmentTable
  /** Not in the middle of a message: what is staged with it may have lost its buffers, and is held by nothing else. */
  readonly #isEncoding: () => boolean
  readonly #collector = new PacedCollector()
  /** Since the last one. */
  #allocated = 0
  #bytes = 0

  constructor(segments: SegmentTable, isEncoding: () => boolean) {
    this.#segments = segments
    this.#isEncoding = isEncoding
  }

  /** A segment has been allocated. */
  added(length: number): void {
    this.#allocated++
    this.#bytes += length
  }

  /** Lets go of what is garbage. False: that is not worth it now. */
  collect(): boolean {
    if (this.#segments.isEmpty || this.#isEncoding() || !this.#isWorthIt) return false
    this.#collector.run(() => {
      collectThoroughly()
      this.#segments.releaseCollected()
    })
    this.#allocated = 0
    this.#bytes = 0
    return true
  }

  get #isWorthIt(): boolean {
    return this.#allocated >= MANY || this.#collector.isDue || outweighHeap(this.#bytes)
  }
}
