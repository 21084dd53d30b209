import { decode } from '../codec/index.js'
import { decodeError } from '../errors/index.js'

/**
 * What the signal of a task is aborted with. Undefined: what `AbortController` takes by itself.
 *
 * @param limit time limit in milliseconds that the task has passed; 0: its caller does not want it any more
 * @param payload the caller's reason, encoded
 */
export function cancelReason(limit: number, payload: ArrayBuffer | undefined): unknown {
  // As `AbortSignal.timeout` has it.
  if (limit !== 0) return new DOMException(`The task ran longer than its time limit of ${limit} ms`, 'TimeoutError')
  if (payload === undefined) return undefined
  return decodeError(decode(new Uint8Array(payload), 0, payload.byteLength))
}
