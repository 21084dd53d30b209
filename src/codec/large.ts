import { types } from 'node:util'
import { encode } from './encode.js'
import { structuredMessage, takeOverflow } from './structured-message.js'
import { isLatin1 } from './text.js'

/** First guess for a tree whose size is unknown, and how far guessing goes before V8 takes over. */
const FIRST_GUESS = 256 * 1024
const LAST_GUESS = 64 * 1024 * 1024

/** Bytes that surely hold the message, or 0 if the value does not tell. */
function knownSize(value: unknown): number {
  if (typeof value === 'string') return 1 + (isLatin1(value) ? value.length : value.length * 2)
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return 2 + value.byteLength
  return 0
}

/**
 * Encodes a value for which `encode` returned -1 into a message of its own.
 *
 * @returns the message; nobody else holds its memory
 * @throws ERR_HATCHERY_DATA_CLONE if the value holds what cannot be cloned
 */
export function encodeLarge(value: unknown): Uint8Array {
  const overflow = takeOverflow(value)
  if (overflow !== undefined) return overflow
  const known = knownSize(value)
  const last = known === 0 ? LAST_GUESS : known
  for (let size = known === 0 ? FIRST_GUESS : known; size <= last; size *= 8) {
    const message = Buffer.allocUnsafeSlow(size)
    const end = encode(value, message, 0)
    if (end >= 0) return message.subarray(0, end)
    const structured = takeOverflow(value)
    if (structured !== undefined) return structured
  }
  return structuredMessage(value)
}
