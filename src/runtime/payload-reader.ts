import { beforeReceiving, decode, decodeOwned, takeBytes } from '../codec/index.js'
import type { Arena } from '../lane/arena.js'
import type { LaneView } from '../lane/lane-view.js'
import {
  BLOCK,
  BLOCK_WORD,
  FLAGS_WORD,
  INLINE,
  LENGTH_WORD,
  LOCATION_WORD,
  MENTIONS_MASK,
  MENTIONS_SHIFT,
  PAYLOAD,
} from '../lane/layout.js'
import { readMentioning, takeMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { type Carrier, lengthWithoutCarrier, readCarrier } from '../tracing/carrier.js'
import type { Loans } from './loans.js'
import { readStreamCall, type StreamCall } from './stream-call.js'
import type { TaskLane } from './task-lane.js'

/** From this many bytes on the bytes of a payload stay where they are, or are copied in native code, which clears nothing. */
const LARGE = 128 * 1024

/** Takes the payloads of submissions out of their slots, from wherever they lie. */
export class PayloadReader {
  readonly #lane: Pick<TaskLane, 'takePayload' | 'mentionSegment'>
  readonly #loans: Loans
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #arena: Arena
  readonly #segments: SegmentTable

  constructor(
    { words, bytes }: Pick<LaneView, 'words' | 'bytes'>,
    arena: Arena,
    lane: Pick<TaskLane, 'takePayload' | 'mentionSegment'>,
    loans: Loans,
    segments: SegmentTable,
  ) {
    this.#lane = lane
    this.#loans = loans
    this.#words = words
    this.#bytes = bytes
    this.#arena = arena
    this.#segments = segments
  }

  /** Gives back what the payload of a task takes up that the host has taken back. */
  discard(slot: number): void {
    const words = this.#words
    const location = words[slot + LOCATION_WORD]!
    const block = words[slot + BLOCK_WORD]!
    const mentions = (words[slot + FLAGS_WORD]! & MENTIONS_MASK) >>> MENTIONS_SHIFT
    if (mentions > 0) {
      // Counted by the host, and so here.
      for (const number of takeMentions(this.#payload(slot), words[slot + LENGTH_WORD]!, mentions)) {
        this.#lane.mentionSegment(number, true)
      }
    } else if (location !== INLINE && location !== BLOCK) {
      this.#lane.takePayload(block >>> 0)
    }
    if (location === BLOCK) this.#arena.release(block)
  }

  /** What `read` makes of the payload of a slot, and of the segments that it mentions: of so many bytes from a place on. */
  takeWith<T>(slot: number, read: (bytes: Uint8Array, start: number, length: number) => T): T {
    const words = this.#words
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    const count = (words[slot + FLAGS_WORD]! & MENTIONS_MASK) >>> MENTIONS_SHIFT
    if (location === INLINE && count === 0) return read(this.#bytes, (slot << 2) + PAYLOAD, length)
    // No view is made of what lies in the lane: that takes longer than to read it.
    const inLane = location === INLINE || location === BLOCK
    const bytes = inLane ? this.#bytes : this.#payload(slot)
    const start =
      location === INLINE ? (slot << 2) + PAYLOAD : inLane ? this.#arena.offsetOf(words[slot + BLOCK_WORD]!) : 0
    try {
      const numbers = takeMentions(bytes, start + length, count)
      for (const number of numbers) this.#lane.mentionSegment(number, false)
      return readMentioning(this.#segments, numbers, () => read(bytes, start, length - 4 * count))
    } finally {
      if (location === BLOCK) this.#arena.release(words[slot + BLOCK_WORD]!)
    }
  }

  /** What a part of a stream holds that a task was given: a message, and the numbers of so many segments. */
  takeChunk(payload: ArrayBuffer, mentions: number): unknown {
    const bytes = new Uint8Array(payload)
    if (mentions === 0) return decodeOwned(bytes)
    const numbers = takeMentions(bytes, bytes.length, mentions)
    for (const number of numbers) this.#lane.mentionSegment(number, false)
    return readMentioning(this.#segments, numbers, () => decode(bytes, 0, bytes.length - 4 * mentions))
  }

  /** As {@link discard}, for such a part. */
  discardChunk(payload: ArrayBuffer, mentions: number): void {
    const bytes = new Uint8Array(payload)
    for (const number of takeMentions(bytes, bytes.length, mentions)) this.#lane.mentionSegment(number, true)
  }

  /** The payload of a slot: the call of a task that has streams. */
  takeStreamCall(slot: number): StreamCall {
    return this.takeWith(slot, (bytes, start, length) => readStreamCall(bytes.subarray(start, start + length)))
  }

  /** The payload of a slot, where it lies. */
  #payload(slot: number): Uint8Array {
    const words = this.#words
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    const block = words[slot + BLOCK_WORD]!
    if (location !== INLINE && location !== BLOCK) return new Uint8Array(this.#lane.takePayload(block >>> 0))
    const start = location === INLINE ? (slot << 2) + PAYLOAD : this.#arena.offsetOf(block)
    return this.#bytes.subarray(start, start + length)
  }

  /** The payload of a slot, decoded. */
  take(slot: number): unknown {
    const words = this.#words
    const mentions = words[slot + FLAGS_WORD]! & MENTIONS_MASK
    if (mentions !== 0) return this.takeWith(slot, decode)
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    if (location === INLINE) return decode(this.#bytes, (slot << 2) + PAYLOAD, length)
    const block = words[slot + BLOCK_WORD]!
    if (location !== BLOCK) {
      beforeReceiving(length)
      return decodeOwned(new Uint8Array(this.#lane.takePayload(block >>> 0)))
    }
    try {
      const offset = this.#arena.offsetOf(block)
      if (length >= LARGE) {
        const take = (start: number, count: number) => this.#loans.take(block >>> 0, start, count)
        const value = takeBytes(this.#bytes, offset, length, take)
        if (value !== undefined) return value
        beforeReceiving(length)
      }
      return decode(this.#bytes, offset, length)
    } finally {
      this.#arena.release(block)
    }
  }

  /** The payload of a slot with the context behind it. */
  takeTraced(slot: number, stream: boolean): { carrier: Carrier; value: unknown } {
    return this.takeWith(slot, (bytes, start, end) => {
      const payload = bytes.subarray(start, start + end)
      const length = lengthWithoutCarrier(payload)
      const message = payload.subarray(0, length)
      return { carrier: readCarrier(payload, length), value: stream ? readStreamCall(message) : decodeAll(message) }
    })
  }
}

function decodeAll(message: Uint8Array): unknown {
  return decode(message, 0, message.length)
}
