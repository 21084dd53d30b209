import { encode, encodeLarge } from '../codec/index.js'
import {
  appendMentions,
  beginMentions,
  beginPlain,
  mentions,
  putMentions,
  withoutMentions,
} from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { appendCarrier } from '../tracing/carrier.js'

/** Words before the positions of the inputs. */
const FIXED_WORDS = 4
/** Most calls fit. */
const FIRST_GUESS = 1024

/** A call of a function whose result is a stream, or whose arguments are, or both. */
export interface StreamCall {
  /** Items that the task may send at first; 0: its result is no stream. */
  readonly credit: number
  /** Items of each input that may be under way. */
  readonly window: number
  /** Without the inputs. */
  readonly parameters: readonly unknown[]
  /** Positions of the inputs among the parameters. */
  readonly inputs: readonly number[]
  /** The context of a trace that goes with it. */
  readonly carrier: Uint8Array | undefined
}

/**
 * The payload of such a call: credit, window, 1 if the value is a list of parameters, number of inputs, their positions,
 * each a u32; then the value, the context of a trace, if there is one, and the segments that the value mentions. The
 * counterpart is src/runtime/stream-call.ts.
 *
 * @throws ERR_HATCHERY_DATA_CLONE
 */
export function writeStreamCall({ credit, window, parameters, inputs, carrier }: StreamCall): Uint8Array {
  const single = parameters.length === 1
  const value = single ? parameters[0] : parameters
  const start = (FIXED_WORDS + inputs.length) * 4
  let bytes = Buffer.allocUnsafe(start + FIRST_GUESS)
  const end = encode(value, bytes, start)
  if (end >= 0) bytes = bytes.subarray(0, end)
  else bytes = Buffer.concat([bytes.subarray(0, start), encodeLarge(value)])
  for (const [at, word] of [credit, window, single ? 0 : 1, inputs.length, ...inputs].entries()) {
    bytes.writeUInt32LE(word, at * 4)
  }
  return appendMentions(carrier === undefined ? bytes : appendCarrier(bytes, carrier))
}

/**
 * An item of a stream as a message of its own, with the segments behind it that it mentions, and how many these are. The
 * message is good until this or {@link encodeWhole} is called again.
 *
 * @throws ERR_HATCHERY_DATA_CLONE
 */
export function encodeItem(item: unknown, segments: SegmentTable): [payload: Uint8Array, mentions: number] {
  return withoutMentions(() => {
    beginMentions(segments)
    const end = encode(item, scratch, 0)
    const whole = end >= 0 && mentions().length > 0 ? putMentions(scratch, end, scratch.length) : end
    const payload = whole >= 0 ? scratch.subarray(0, whole) : appendMentions(encodeLarge(item))
    return [payload, mentions().length]
  })
}

/** A value as a message of its own, segments as plain bytes. The message is good until this is called again. */
export function encodeWhole(value: unknown): Uint8Array {
  return withoutMentions(() => {
    beginPlain()
    const end = encode(value, scratch, 0)
    return end >= 0 ? scratch.subarray(0, end) : encodeLarge(value)
  })
}

const scratch = Buffer.allocUnsafeSlow(16 * 1024)
