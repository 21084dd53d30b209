import { types } from 'node:util'
import { encode } from './encode.js'
import { forgetTarget } from './plain-encode.js'
import { structuredMessage, takeOverflow } from './structured-message.js'
import { isLatin1 } from './text.js'

/** Where trees are written whose size is unknown, and how far guessing goes before V8 takes over. */
const SCRATCH = 64 * 1024
const FIRST_GUESS = 512 * 1024
const LAST_GUESS = 64 * 1024 * 1024

let scratch: Buffer | undefined
/** True while a value is encoded into the scratch: a getter in it may run us again. */
let busy = false

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
  if (known === 0) return encodeTree(value)
  const message = Buffer.allocUnsafeSlow(known)
  const end = encode(value, message, 0)
  return end >= 0 ? message.subarray(0, end) : (takeOverflow(value) ?? structuredMessage(value))
}

function encodeTree(value: unknown): Uint8Array {
  if (!busy) {
    const message = encodeByScratch(value)
    if (message !== undefined) return message
  }
  for (let size = FIRST_GUESS; size <= LAST_GUESS; size *= 8) {
    const message = Buffer.allocUnsafeSlow(size)
    const end = encode(value, message, 0)
    forgetTarget()
    if (end >= 0) return message.subarray(0, end)
    const structured = takeOverflow(value)
    if (structured !== undefined) return structured
  }
  return structuredMessage(value)
}

/** A message of the length it needs, copied from memory that is there already; undefined if that is too short. */
function encodeByScratch(value: unknown): Uint8Array | undefined {
  busy = true
  try {
    scratch ??= Buffer.allocUnsafeSlow(SCRATCH)
    const end = encode(value, scratch, 0)
    if (end < 0) return takeOverflow(value)
    const message = Buffer.allocUnsafeSlow(end)
    message.set(new Uint8Array(scratch.buffer, 0, end))
    return message
  } finally {
    busy = false
  }
}
