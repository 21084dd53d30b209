import { collectAll, collectThoroughly, outweighHeap, PacedCollector } from '../codec/index.js'

/** Mappings since the last collection that are worth one now, or at leisure: each takes up a descriptor of the host. */
const MANY = 64
const SOME = 16
/** So many are worth one however long that takes. */
const TOO_MANY = 256

/** Bytes mapped since the last collection that are worth one now, unless the heap is larger. */
const MUCH = 256 * 1024 * 1024

/** A worker is at leisure when it has mapped nothing and run nothing for so long, in milliseconds. */
const IDLE = 250

/**
 * Sees to it that a worker lets go of the segments that it was given and has no more use for. V8 counts a mapping as
 * memory of its own only roughly and the descriptor behind it not at all, and the heap of a worker that has little to do
 * may not be collected for hours; meanwhile the host could have no memory left, or no descriptors.
 *
 * Only a collection of the whole heap will do: the others take weak references for strong ones. It copies some of what a
 * worker shares with its zygote, so it must be worth it: bytes mapped are set against the size of the heap.
 */
export class SegmentGarbage {
  readonly #isBusy: () => boolean
  readonly #position: () => number
  readonly #release: () => void
  /** Since the last collection. */
  #mappings = 0
  #bytes = 0
  /** Since the last one at leisure: any other spares what the tasks just run still have on the stack or in weak references. */
  #mappingsUntilIdle = 0
  #bytesUntilIdle = 0
  #timer: NodeJS.Timeout | undefined
  /** The position when that last looked; undefined: something has been mapped since. */
  #lastPosition: number | undefined
  readonly #collector = new PacedCollector()

  /**
   * @param isBusy whether a task is under way, which may have a use for what it was given
   * @param position changes with each task that begins
   * @param release tells the host of what has been collected
   */
  constructor(isBusy: () => boolean, position: () => number, release: () => void) {
    this.#isBusy = isBusy
    this.#position = position
    this.#release = release
  }

  /** Before a segment is mapped: makes room for it if there has been much. */
  beforeMapping(): void {
    if (this.#isPressing) this.#collect(collectAll)
  }

  /** A segment has been mapped. */
  mapped(length: number): void {
    this.#mappings++
    this.#bytes += length
    this.#mappingsUntilIdle++
    this.#bytesUntilIdle += length
    this.#lastPosition = undefined
    this.#timer ??= setTimeout(() => this.#look(), IDLE).unref()
  }

  #look(): void {
    const position = this.#position()
    if (position !== this.#lastPosition || this.#isBusy()) {
      this.#lastPosition = position
      this.#timer!.refresh()
      return
    }
    this.#timer = undefined
    if (this.#mappingsUntilIdle < SOME && !outweighHeap(this.#bytesUntilIdle)) return
    this.#mappingsUntilIdle = 0
    this.#bytesUntilIdle = 0
    this.#collect(collectThoroughly)
  }

  get #isPressing(): boolean {
    if (this.#mappings >= MANY && (this.#mappings >= TOO_MANY || this.#collector.isDue)) return true
    return this.#bytes >= MUCH && outweighHeap(this.#bytes)
  }

  #collect(collect: () => void): void {
    this.#mappings = 0
    this.#bytes = 0
    this.#collector.run(() => {
      collect()
      this.#release()
    })
  }
}
