import { HEADER, MAGIC_HIGH, MAGIC_LOW, RING, SLOT_SIZE, VERSION } from './layout.js'

/** Where a ring's parts are, in words of the lane. */
export interface RingView {
  readonly tail: number
  readonly head: number
  /** When the host last read, in microseconds of CLOCK_MONOTONIC modulo 2^32; of completions only. */
  readonly clock: number
  readonly parked: number
  /** First word of the first slot. */
  readonly slots: number
  /** Number of slots less one: a position's slot is its low bits. */
  readonly mask: number
}

/** A lane as typed arrays. The worker trusts it: the host wrote it, and checks on its side. */
export interface LaneView {
  readonly words: Int32Array
  readonly bytes: Buffer
  readonly submissions: RingView
  readonly completions: RingView
  /** Byte offset of the histograms of times; 0: they are not recorded. */
  readonly times: number
}

/** Views a lane's memory. */
export function viewLane(memory: ArrayBuffer): LaneView {
  const words = new Int32Array(memory)
  const word = (offset: number) => words[offset >> 2]!
  if (
    word(HEADER.magicLow) !== MAGIC_LOW ||
    word(HEADER.magicHigh) !== MAGIC_HIGH ||
    word(HEADER.version) !== VERSION
  ) {
    throw new Error('not a lane of this version')
  }
  if (word(HEADER.slotSize) !== SLOT_SIZE) throw new Error('a lane with other slots')
  return {
    words,
    bytes: Buffer.from(memory),
    submissions: viewRing(word(HEADER.submissionOffset), word(HEADER.submissionSlots)),
    completions: viewRing(word(HEADER.completionOffset), word(HEADER.completionSlots)),
    times: word(HEADER.timesOffset),
  }
}

function viewRing(offset: number, slots: number): RingView {
  return {
    tail: (offset + RING.tail) >> 2,
    head: (offset + RING.head) >> 2,
    clock: (offset + RING.clock) >> 2,
    parked: (offset + RING.parked) >> 2,
    slots: (offset + RING.slots) >> 2,
    mask: slots - 1,
  }
}
