/** Errors: the class and codes of Hatchery's own, and the way of any thrown value from a worker to the host. */
export { ERROR_CODES, type ErrorName, type HatcheryErrorCode, isHatcheryErrorCode } from './codes.js'
export { decodeError } from './decode-error.js'
export { encodeCloneable, encodeError } from './encode-error.js'
export { type EncodedError, type EncodedThrown, isBuiltInError } from './encoded-error.js'
export { type AttemptInfo, DETAIL_KEYS, HatcheryError, type HatcheryErrorDetails } from './hatchery-error.js'
export { callNative, fromNativeError } from './native-error.js'
export { safeString } from './safe-string.js'
