import { encodeCloneable } from '../errors/index.js'
import { encodeWhole } from './stream-call.js'

/** Longest reason that goes to a worker, in bytes; a longer one stays here. */
const LONGEST = 8 * 1024

/** What `AbortController.abort()` takes if it is given none. */
const USUAL = 'This operation was aborted'

/** The reason of a cancellation, for the signal of its task. Undefined: the usual one, which the worker has itself. */
export function encodeReason(reason: unknown): Uint8Array | undefined {
  if (reason === undefined || isUsual(reason)) return undefined
  const cloneable = encodeCloneable(reason)
  if (cloneable === undefined) return undefined
  const encoded = encodeWhole(cloneable)
  // A copy: what encodes the next value writes there.
  return encoded.length > LONGEST ? undefined : new Uint8Array(encoded)
}

function isUsual(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'AbortError' && reason.message === USUAL
}
