import { arch } from 'node:process'
import { encode, encodeLarge } from '../codec/index.js'
import { callNative, ERROR_CODES, HatcheryError } from '../errors/index.js'
import { type Arena, NO_BLOCK } from '../lane/arena.js'
import type { LaneView, RingView } from '../lane/lane-view.js'
import {
  BLOCK,
  BLOCK_WORD,
  COMPLETION_PULL,
  COMPLETION_READY,
  COMPLETION_STARTED,
  FLAGS_WORD,
  HEADER,
  INLINE,
  INLINE_CAPACITY,
  KIND_WORD,
  LENGTH_WORD,
  LOCATION_WORD,
  MEMFD,
  MENTIONS_SHIFT,
  PAYLOAD,
  SLOT_WORDS,
  TASK_GENERATION_WORD,
  TASK_INDEX_WORD,
} from '../lane/layout.js'
import type { LaneFunctions, WorkerLane } from '../native/types.js'
import { appendMentions, beginMentions, mentions, putMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'

const STALLS = HEADER.workerStalls >> 2

/** Elsewhere than on x86 a plain store may become visible before the stores that came earlier. */
const STRONG_STORES = arch === 'x64' || arch === 'ia32'

/** `{}` */
const NO_DETAILS = 0x7d7b
/** Bytes of a payload at most: its length is a u32 in the slot. */
const LONGEST_PAYLOAD = 0xffff_ffff

/** Pauses while the ring is full, in milliseconds. The host is busy then, and will be for about as long. */
const SHORTEST_PAUSE = 0.05
const LONGEST_PAUSE = 2

/** What of a lane completions are sent by. */
type CompletionLane = Pick<LaneFunctions, 'notify'> & Pick<WorkerLane, 'sendPayload'>

/**
 * Writes completions. Each is published as soon as it is written, so that nothing is lost and nobody else blamed
 * when the next task kills the process; the host is woken if it sleeps.
 */
export class CompletionWriter {
  readonly #lane: CompletionLane
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #ring: RingView
  readonly #arena: Arena
  readonly #segments: SegmentTable
  /** Next position to write. */
  #tail: number
  /** The host's position as last seen; looked at again only when that says the ring is full. */
  #head: number
  /** Tail when the host was last seen awake, or woken: it looks there before it sleeps. */
  #announced: number
  /** The host was woken; whoever wants to know sets it back. */
  wokeHost = false
  /** Of the next payload that needs memory of its own. */
  #tag = 0
  /** True while a value is encoded into a slot: a getter in it may report progress. */
  #encoding = false
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4))

  constructor(view: LaneView, arena: Arena, lane: CompletionLane, segments: SegmentTable) {
    this.#segments = segments
    this.#lane = lane
    this.#words = view.words
    this.#bytes = view.bytes
    this.#ring = view.completions
    this.#arena = arena
    this.#tail = Atomics.load(view.words, view.completions.tail)
    this.#announced = this.#tail
    this.#head = Atomics.load(view.words, view.completions.head)
  }

  /** Word where the host says when it last read. */
  get clock(): number {
    return this.#ring.clock
  }

  /** True while {@link write} is at work further up the stack. */
  get busy(): boolean {
    return this.#encoding
  }

  /**
   * Writes the completion of a task, or its progress.
   *
   * @throws ERR_HATCHERY_DATA_CLONE, or whatever a getter in the value throws; nothing is written then
   */
  write(kind: number, index: number, generation: number, value: unknown): void {
    const words = this.#words
    const slot = this.#reserve()
    const start = (slot << 2) + PAYLOAD
    this.#encoding = true
    beginMentions(this.#segments)
    let end: number
    try {
      end = encode(value, this.#bytes, start, start + INLINE_CAPACITY)
      if (end >= 0 && mentions().length > 0) end = putMentions(this.#bytes, end, start + INLINE_CAPACITY)
      if (end < 0) end = this.#writeLarge(slot, value)
      else {
        words[slot + LOCATION_WORD] = INLINE
        words[slot + LENGTH_WORD] = end - start
      }
    } finally {
      this.#encoding = false
    }
    words[slot + KIND_WORD] = kind
    words[slot + TASK_INDEX_WORD] = index
    words[slot + TASK_GENERATION_WORD] = generation
    words[slot + FLAGS_WORD] = mentions().length << MENTIONS_SHIFT
    this.#publish()
  }

  /** Tells the host when a task began. It looks when a deadline comes near, so it is not woken for this. */
  writeStarted(index: number, generation: number, microseconds: number): void {
    const words = this.#words
    const slot = this.#reserve()
    words[slot + KIND_WORD] = COMPLETION_STARTED
    words[slot + TASK_INDEX_WORD] = index
    words[slot + TASK_GENERATION_WORD] = generation
    words[slot + LOCATION_WORD] = INLINE
    words[slot + LENGTH_WORD] = 8
    words[slot + FLAGS_WORD] = 0
    this.#bytes.writeDoubleLE(microseconds, (slot << 2) + PAYLOAD)
    this.#tail = (this.#tail + 1) | 0
    Atomics.store(words, this.#ring.tail, this.#tail)
  }

  /** Asks for `count` items more of a stream that a task was given; 0: for none any more. */
  writePull(index: number, generation: number, input: number, count: number): void {
    if (this.#encoding) {
      // Called from a getter of a value that is just being sent: after that, then.
      queueMicrotask(() => this.writePull(index, generation, input, count))
      return
    }
    const words = this.#words
    const slot = this.#reserve()
    words[slot + KIND_WORD] = COMPLETION_PULL
    words[slot + FLAGS_WORD] = 0
    words[slot + TASK_INDEX_WORD] = index
    words[slot + TASK_GENERATION_WORD] = generation
    words[slot + LOCATION_WORD] = INLINE
    words[slot + LENGTH_WORD] = 8
    words[slot + PAYLOAD / 4] = input
    words[slot + PAYLOAD / 4 + 1] = count
    this.#publish()
    this.wake()
  }

  /** Says that the worker takes tasks. */
  writeReady(): void {
    const words = this.#words
    const slot = this.#reserve()
    words[slot + KIND_WORD] = COMPLETION_READY
    words[slot + TASK_INDEX_WORD] = 0
    words[slot + TASK_GENERATION_WORD] = 0
    words[slot + FLAGS_WORD] = 0
    words[slot + LOCATION_WORD] = INLINE
    words[slot + LENGTH_WORD] = 2
    words[slot + PAYLOAD / 4] = NO_DETAILS
    this.#publish()
    this.wake()
  }

  /** Says about the worker itself; JSON. */
  writeText(kind: number, text: string): void {
    const words = this.#words
    const slot = this.#reserve()
    const bytes = Buffer.from(text)
    const start = (slot << 2) + PAYLOAD
    if (bytes.length <= INLINE_CAPACITY) {
      bytes.copy(this.#bytes, start)
      words[slot + LOCATION_WORD] = INLINE
      words[slot + LENGTH_WORD] = bytes.length
    } else {
      this.#place(slot, bytes)
    }
    words[slot + KIND_WORD] = kind
    words[slot + TASK_INDEX_WORD] = 0
    words[slot + TASK_GENERATION_WORD] = 0
    words[slot + FLAGS_WORD] = 0
    this.#publish()
    this.wake()
  }

  /** Wakes the host if it sleeps. To be called when there is nothing more to write for now. */
  wake(): void {
    // Often it has taken everything meanwhile and sleeps again, for nothing.
    if (this.#announced === this.#tail) return
    this.#announced = this.#tail
    const { parked } = this.#ring
    const words = this.#words
    // Counterpart of `Consumer::park` in Rust: this store and load are sequentially consistent, so either the host
    // sees the new tail or we see that it sleeps.
    Atomics.store(words, this.#ring.tail, this.#tail)
    if (Atomics.load(words, parked) === 1 && Atomics.exchange(words, parked, 0) === 1) {
      this.wokeHost = true
      this.#lane.notify()
    }
  }

  #publish(): void {
    const words = this.#words
    this.#tail = (this.#tail + 1) | 0
    if (STRONG_STORES) words[this.#ring.tail] = this.#tail
    else Atomics.store(words, this.#ring.tail, this.#tail)
    // A plain look: missing a host that goes to sleep just now is mended by `wake`, later.
    if (words[this.#ring.parked] === 1) this.wake()
  }

  /** First word of the next slot; waits for the host if the ring is full. */
  #reserve(): number {
    if (((this.#tail - this.#head) | 0) > this.#ring.mask) this.#waitForSpace()
    return this.#ring.slots + (this.#tail & this.#ring.mask) * SLOT_WORDS
  }

  #waitForSpace(): void {
    let pause = SHORTEST_PAUSE
    for (;;) {
      this.#head = Atomics.load(this.#words, this.#ring.head)
      if (((this.#tail - this.#head) | 0) <= this.#ring.mask) return
      if (pause === SHORTEST_PAUSE) this.#words[STALLS]!++
      this.wake()
      Atomics.wait(this.#sleeper, 0, 0, pause)
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    }
  }

  /** A value that does not fit its slot. Returns 0. */
  #writeLarge(slot: number, value: unknown): number {
    const length = byteLengthOf(value)
    // What mentions segments is short, but has a list at its end.
    if (length > 0 && mentions().length === 0) {
      // Bytes and strings tell how long they are: encoded straight into their block.
      const block = this.#arena.allocate(length + 2)
      if (block !== NO_BLOCK) {
        const start = this.#arena.offsetOf(block)
        const end = this.#encodeInto(block, value, start)
        if (end > 0) {
          this.#point(slot, BLOCK, end - start, block)
          return 0
        }
        this.#arena.release(block)
      }
    }
    this.#place(slot, appendMentions(encodeLarge(value)))
    return 0
  }

  #encodeInto(block: number, value: unknown, start: number): number {
    try {
      return encode(value, this.#bytes, start, start + this.#arena.capacityOf(block))
    } catch (error) {
      this.#arena.release(block)
      throw error
    }
  }

  /** Puts bytes that are too many for the slot where there is room for them. */
  #place(slot: number, payload: Uint8Array): void {
    const block = this.#arena.allocate(payload.length)
    if (block !== NO_BLOCK) {
      this.#bytes.set(payload, this.#arena.offsetOf(block))
      this.#point(slot, BLOCK, payload.length, block)
      return
    }
    if (payload.length > LONGEST_PAYLOAD) {
      throw new HatcheryError(
        ERROR_CODES.DATA_CLONE,
        `A value of ${payload.length} bytes cannot be sent: at most ${LONGEST_PAYLOAD} can.`,
      )
    }
    const tag = this.#tag++ | 0
    callNative(() => this.#lane.sendPayload(tag, payload))
    this.#point(slot, MEMFD, payload.length, tag)
  }

  #point(slot: number, location: number, length: number, block: number): void {
    this.#words[slot + LOCATION_WORD] = location
    this.#words[slot + LENGTH_WORD] = length
    this.#words[slot + BLOCK_WORD] = block
  }
}

/** Bytes of the encoding at least, for values that tell; else 0. */
function byteLengthOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  return ArrayBuffer.isView(value) ? value.byteLength : 0
}
