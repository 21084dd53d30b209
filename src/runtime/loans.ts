import { beforeReceiving, collectYoung } from '../codec/index.js'
import type { WorkerLane } from '../native/types.js'

/** Bytes begin there in V8's own memory, and views of some kinds must. */
const ALIGNMENT = 16

/**
 * What is lent counts several times towards the next collection: the fewer blocks are lent, the sooner the same ones come
 * round again, which are in the cache then (1 MiB echoed: a quarter more with a collection every 8 MiB than every 24).
 */
const WEIGHT = 3

/**
 * Blocks that are still lent when no other has been for so long are got back, in milliseconds: sooner than the host gives
 * the memory of an idle worker's free blocks back to the system.
 */
const IDLE = 250

/** The part of a lane that gives access to blocks. */
export type BlockLane = Pick<WorkerLane, 'copyBlock' | 'lendBlock' | 'lent'>

/**
 * Large arguments that stay in the block in which they came: it is lent to an ArrayBuffer, and goes back when that is
 * collected as garbage. What a task writes there is seen by nobody else, as the host reads no argument.
 */
export class Loans {
  readonly #lane: BlockLane
  readonly #isBusy: () => boolean
  #timer: NodeJS.Timeout | undefined
  /** Loans since the timer was set. */
  #fresh = 0

  /** @param isBusy whether a task is under way, which may have a use for its argument */
  constructor(lane: BlockLane, isBusy: () => boolean) {
    this.#lane = lane
    this.#isBusy = isBusy
  }

  /** Memory with `length` bytes of a block from its byte `start` on. The caller keeps its reference to the block. */
  take(block: number, start: number, length: number): ArrayBuffer {
    const aligned = start % ALIGNMENT === 0
    beforeReceiving(aligned ? WEIGHT * length : length)
    const lent = aligned ? this.#lane.lendBlock(block, start, length) : undefined
    if (lent === undefined || lent === null) return this.#lane.copyBlock(block, start, length)
    this.#fresh++
    this.#timer ??= setTimeout(() => this.#look(), IDLE).unref()
    return lent
  }

  /** Without new tasks nothing would be collected, and the host could not give the memory back to the system. */
  #look(): void {
    if (this.#lane.lent > 0 && (this.#fresh > 0 || this.#isBusy())) {
      this.#fresh = 0
      this.#timer!.refresh()
      return
    }
    this.#timer = undefined
    if (this.#lane.lent > 0) collectYoung()
  }
}
