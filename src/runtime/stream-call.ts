import { decode } from '../codec/index.js'

/** Words before the positions of the inputs. */
const FIXED_WORDS = 4

/** A call of a function whose result is a stream, or whose arguments are, or both. */
export interface StreamCall {
  /** Items that may be sent before the host gives more credit. 0: the result is no stream. */
  readonly credit: number
  /** Items of each input that may be under way. */
  readonly window: number
  readonly parameters: unknown[]
  /** Positions among the parameters at which a stream is to be put. */
  readonly inputs: readonly number[]
}

/**
 * Reads the payload of such a call: credit, window, 1 if the value is a list of parameters, number of inputs, their
 * positions, each a u32; then the value. The counterpart is src/host/stream-call.ts.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function readStreamCall(bytes: Uint8Array): StreamCall {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number) => view.getUint32(at * 4, true)
  const inputs = Array.from({ length: word(3) }, (_, index) => word(FIXED_WORDS + index))
  const start = (FIXED_WORDS + inputs.length) * 4
  const value = decode(bytes, start, bytes.length - start)
  return { credit: word(0), window: word(1), parameters: word(2) === 1 ? (value as unknown[]) : [value], inputs }
}
