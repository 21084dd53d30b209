import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import { NO_FIT } from './outcome.js'
import { serializeStructured } from './structured.js'
import { TAG_V8 } from './tags.js'
import { describeUncloneable } from './uncloneable.js'

/** The last value that did not fit, with its bytes, so that the large way need not serialize it again. */
let overflow: { readonly value: unknown; readonly bytes: Uint8Array } | undefined

function serialize(value: unknown): Uint8Array {
  try {
    return serializeStructured(value)
  } catch (cause) {
    throw new HatcheryError(ERROR_CODES.DATA_CLONE, describeUncloneable(value, cause), undefined, { cause })
  }
}

/**
 * Writes a {@link TAG_V8} message and returns its end, or NO_FIT.
 *
 * @throws ERR_HATCHERY_DATA_CLONE
 */
export function putStructured(value: unknown, target: Uint8Array, offset: number, limit: number): number {
  const bytes = serialize(value)
  const end = offset + 1 + bytes.length
  if (end > limit) {
    overflow = { value, bytes }
    return NO_FIT
  }
  target[offset] = TAG_V8
  target.set(bytes, offset + 1)
  return end
}

/** A {@link TAG_V8} message for the value that just did not fit; undefined if the last value was another. */
export function takeOverflow(value: unknown): Uint8Array | undefined {
  const last = overflow
  overflow = undefined
  return last !== undefined && Object.is(last.value, value) ? withTag(last.bytes) : undefined
}

/** A {@link TAG_V8} message of its own, however long. */
export function structuredMessage(value: unknown): Uint8Array {
  return withTag(serialize(value))
}

function withTag(bytes: Uint8Array): Uint8Array {
  const message = Buffer.allocUnsafeSlow(bytes.length + 1)
  message[0] = TAG_V8
  message.set(bytes, 1)
  return message
}
