/**
 * Any bytes as a value from a worker: they decode, or are refused in the one way there is. No prototype is touched, what
 * has been decoded can be encoded, and an error made of it is made or refused.
 */
import { decode, encode } from '../../src/codec/index.js'
import { decodeError, HatcheryError } from '../../src/errors/index.js'

const BAD = 'ERR_HATCHERY_BAD_ENCODING'
const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, Error.prototype, Uint8Array.prototype]

function shape(): string {
  return PROTOTYPES.map((prototype) => `${Reflect.ownKeys(prototype).length} ${Object.isFrozen(prototype)}`).join()
}

const before = shape()
const buffer = new Uint8Array(1 << 20)

/** What `action` gives; undefined if it is refused. */
function refusable<T>(action: () => T): { value: T } | undefined {
  try {
    return { value: action() }
  } catch (error) {
    if (error instanceof HatcheryError && error.code === BAD) return undefined
    throw error
  }
}

export function fuzz(bytes: Buffer): void {
  const decoded = refusable(() => decode(bytes, 0, bytes.length))
  if (decoded !== undefined) {
    encode(decoded.value, buffer, 0, buffer.length)
    refusable(() => decodeError(decoded.value))
  }
  if (shape() !== before) throw new Error('a prototype has changed')
}
