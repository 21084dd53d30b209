import { decode, encode, encodeLarge } from './internal.js'

/** Where messages begin in their buffer by turns: aligned, as in a pool they all are, and not aligned to anything. */
const OFFSETS = [8, 3] as const
let turn = 0

/** The bytes of a message, whichever way it takes. */
export function toMessage(value: unknown, offset: number = OFFSETS[0]): Uint8Array {
  const target = Buffer.alloc(4096, 0xaa)
  const end = encode(value, target, offset)
  return end < 0 ? encodeLarge(value) : Uint8Array.from(target.subarray(offset, end))
}

/** Encodes, decodes, and overwrites the bytes, so that a result which aliases them is seen to. */
export function roundTrip(value: unknown): unknown {
  const offset = OFFSETS[turn++ % OFFSETS.length]!
  const message = toMessage(value, offset)
  const bytes = Buffer.alloc(message.length + 2 * offset, 0x55)
  bytes.set(message, offset)
  const result = decode(bytes, offset, message.length)
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
