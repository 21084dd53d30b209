import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import type { SegmentTable } from './segment-table.js'

/**
 * Segments on their way through the codec. A payload mentions them by number, and lists those numbers once more as its
 * last words, for the driver to read. The codec is told whose segments it may meet before each message, since a
 * buffer may be a segment of one pool and plain bytes to another.
 */

/** Segments that one payload may mention. */
export const MAX_MENTIONS = 127

/** Segments mentioned by what is being encoded. */
let mentioned: number[] = []
/** Whose segments may be mentioned. */
let writable: SegmentTable | undefined
/** Whose segments may be met, and which of them. */
let readable: SegmentTable | undefined
let allowed: readonly number[] | undefined

/** Before a message is encoded. Undefined: everything is plain bytes. */
export function beginMentions(table: SegmentTable): void {
  writable = table.isEmpty ? undefined : table
  if (mentioned.length > 0) mentioned = []
}

/** Before a message is encoded in which segments are plain bytes. */
export function beginPlain(): void {
  writable = undefined
  mentioned = []
}

/** What has been mentioned so far in this message. The caller does not keep the array. */
export function mentions(): readonly number[] {
  return mentioned
}

/** Runs something that may encode messages of its own in the middle of a message. */
export function withoutMentions<T>(run: () => T): T {
  const [outerTable, outerMentioned] = [writable, mentioned]
  mentioned = []
  try {
    return run()
  } finally {
    writable = outerTable
    mentioned = outerMentioned
  }
}

/** True if a buffer may be a segment: so far as can be told at no cost. */
export function mayMention(): boolean {
  return writable !== undefined
}

/** The number of the segment behind a buffer, which is mentioned by that; undefined: plain bytes. */
export function mention(buffer: ArrayBufferLike): number | undefined {
  const number = writable?.numberOf(buffer)
  if (number === undefined || buffer.byteLength === 0) return undefined
  if (!mentioned.includes(number)) {
    if (mentioned.length === MAX_MENTIONS) {
      const message = `A value can hold at most ${MAX_MENTIONS} pieces of memory of pool.alloc(); send them in parts.`
      throw new HatcheryError(ERROR_CODES.DATA_CLONE, message)
    }
    mentioned.push(number)
  }
  return number
}

/** Lists the mentions behind a message that ends at `end`. Returns the end, or -1 if there is no room. */
export function putMentions(target: Uint8Array, end: number, limit: number): number {
  if (end + 4 * mentioned.length > limit) return -1
  for (const number of mentioned) {
    target[end++] = number
    target[end++] = number >> 8
    target[end++] = number >> 16
    target[end++] = number >> 24
  }
  return end
}

/** The message with the mentions behind it. */
export function appendMentions(message: Uint8Array): Uint8Array {
  if (mentioned.length === 0) return message
  const whole = new Uint8Array(message.length + 4 * mentioned.length)
  whole.set(message)
  putMentions(whole, message.length, whole.length)
  return whole
}

/** The list at the end of a payload. */
export function takeMentions(bytes: Uint8Array, end: number, count: number): number[] {
  const numbers: number[] = []
  for (let at = end - 4 * count; at < end; at += 4) {
    numbers.push((bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0)
  }
  return numbers
}

/** Decodes a message that mentions segments. No others are given to it. */
export function readMentioning<T>(table: SegmentTable, numbers: readonly number[], decode: () => T): T {
  readable = table
  allowed = numbers
  try {
    return decode()
  } finally {
    readable = allowed = undefined
  }
}

/** Whether a message being decoded mentions a segment, which may not be mapped yet. */
export function isBeingRead(number: number): boolean {
  return allowed?.includes(number) === true
}

/** The segments that a message being decoded may name, each with its number. */
export function mentionedBuffers(): readonly (readonly [number: number, buffer: ArrayBuffer])[] {
  return allowed === undefined ? [] : allowed.map((number) => [number, readable!.bufferOf(number)])
}

/** The segment that a message being decoded names; undefined if it may not. */
export function mentionedBuffer(number: number): ArrayBuffer | undefined {
  return isBeingRead(number) ? readable!.bufferOf(number) : undefined
}
