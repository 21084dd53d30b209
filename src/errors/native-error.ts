import { isHatcheryErrorCode } from './codes.js'
import { HatcheryError } from './hatchery-error.js'

/** The addon puts its code before the message: all that N-API lets it throw is text. */
const CODED = /^(ERR_HATCHERY_[A-Z_]+): (.*)$/s

/** Calls into the addon. What that throws is an error of Hatchery's. */
export function callNative<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw fromNativeError(error)
  }
}

/** The error for something that the native addon threw; what is not of its making is returned as it is. */
export function fromNativeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const [, code, message] = CODED.exec(error.message) ?? []
  return isHatcheryErrorCode(code) ? new HatcheryError(code, message!, undefined, { cause: error }) : error
}
