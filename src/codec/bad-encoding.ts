import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'

/**
 * The error for bytes that no encoder of ours wrote.
 *
 * @param what the check that failed
 * @param cause the error underneath, if any
 */
export function badEncoding(what: string, cause?: unknown): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.BAD_ENCODING,
    `Received bytes that are no valid encoding (${what}). The worker's memory is damaged or its code tampers ` +
      'with the lane; look for native addons in the worker module.',
    undefined,
    cause === undefined ? undefined : { cause },
  )
}
