/** Internals under test. The one file of the tests that knows where they are. */
export { decode, decodeOwned, encode, encodeLarge } from '../../src/codec/index.js'
export { decodeError, ERROR_CODES, encodeError, HatcheryError } from '../../src/errors/index.js'
