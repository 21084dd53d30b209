import { decode, encode, encodeLarge } from './internal.js'

/** Where the message begins in the buffer it is written to: not aligned to anything. */
const OFFSET = 3

/** The bytes of a message, whichever way it takes. */
export function toMessage(value: unknown): Uint8Array {
  const target = Buffer.alloc(4096, 0xaa)
  const end = encode(value, target, OFFSET)
  return end < 0 ? encodeLarge(value) : Uint8Array.from(target.subarray(OFFSET, end))
}

/** Encodes, decodes, and overwrites the bytes, so that a result which aliases them is seen to. */
export function roundTrip(value: unknown): unknown {
  const message = toMessage(value)
  const bytes = Buffer.alloc(message.length + 2 * OFFSET, 0x55)
  bytes.set(message, OFFSET)
  const result = decode(bytes, OFFSET, message.length)
  bytes.fill(0x55)
  return result
}

/** The error code of what `action` throws; undefined if it returns. */
export function codeOf(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code ?? error
  }
}
