import { types } from 'node:util'
import { serializeStructured } from '../codec/structured.js'
import { BASES, type EncodedError, type EncodedThrown, FIELDS, MAX_ERROR_DEPTH, MAX_ERRORS } from './encoded-error.js'
import { withoutOwnFrames } from './own-frames.js'
import { safeString } from './safe-string.js'

/** Stands for a value that could not be read or carried. */
const NOTHING: EncodedThrown = { value: undefined }

/**
 * Takes a thrown value apart so that the codec can carry it: class, message, stack, own properties, `cause`,
 * `AggregateError.errors`. What cannot be cloned is left out; this never throws.
 *
 * @param value whatever was thrown; it need not be an Error
 * @returns a plain value for `encode` and, on the other side, `decodeError`
 */
export function encodeError(value: unknown): EncodedThrown {
  try {
    return encodeThrown(value, new Map(), 0) ?? { value: safeString(value) }
  } catch {
    // A Proxy whose traps throw.
    return { value: safeString(value) }
  }
}

/** As {@link encodeError}, but undefined for what cannot be cloned. */
export function encodeCloneable(value: unknown): EncodedThrown | undefined {
  try {
    return encodeThrown(value, new Map(), 0)
  } catch {
    return undefined
  }
}

/** Undefined for a value that has to be left out. */
function encodeThrown(value: unknown, seen: Map<object, EncodedError>, depth: number): EncodedThrown | undefined {
  if (isError(value)) {
    const known = seen.get(value)
    if (known !== undefined) return { error: known }
    if (depth >= MAX_ERROR_DEPTH || seen.size >= MAX_ERRORS) return undefined
    return { error: takeApart(value, seen, depth) }
  }
  return isCloneable(value) ? { value } : undefined
}

function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error || value instanceof DOMException
  } catch {
    return false
  }
}

function isCloneable(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false
  if (typeof value !== 'object' || value === null) return true
  try {
    serializeStructured(value)
    return true
  } catch {
    return false
  }
}

function takeApart(error: Error, seen: Map<object, EncodedError>, depth: number): EncodedError {
  const encoded: EncodedError = {
    base: baseOf(error),
    type: typeOf(error),
    name: readString(error, 'name'),
    message: readString(error, 'message'),
    stack: withoutOwnFrames(readString(error, 'stack')),
    properties: [],
  }
  seen.set(error, encoded)
  for (const key of Object.getOwnPropertyNames(error)) {
    if (FIELDS.has(key) && !(key === 'errors' && encoded.base !== 'AggregateError')) continue
    const value = encodeThrown(read(error, key), seen, depth + 1)
    if (value === undefined) continue
    encoded.properties.push([key, value, Object.prototype.propertyIsEnumerable.call(error, key)])
  }
  if (Object.hasOwn(error, 'cause')) {
    const cause = encodeThrown(read(error, 'cause'), seen, depth + 1)
    if (cause !== undefined) encoded.cause = cause
  }
  const errors = encoded.base === 'AggregateError' ? read(error, 'errors') : undefined
  if (Array.isArray(errors)) {
    encoded.errors = errors.slice(0, MAX_ERRORS).map((item) => encodeThrown(item, seen, depth + 1) ?? NOTHING)
  }
  return encoded
}

function* constructorsOf(error: Error): Generator<{ name: unknown }> {
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype !== null; ) {
    const constructor: unknown = read(prototype as object, 'constructor')
    if (typeof constructor === 'function') yield constructor
    prototype = Object.getPrototypeOf(prototype)
  }
}

/** By identity first; by name for errors of another realm (`node:vm`). */
function baseOf(error: Error): string {
  try {
    for (const constructor of constructorsOf(error)) {
      const { name } = constructor
      if (typeof name === 'string' && BASES.get(name) === constructor) return name
    }
    for (const { name } of constructorsOf(error)) {
      if (typeof name === 'string' && name !== 'HatcheryError' && name !== 'DOMException' && BASES.has(name))
        return name
    }
  } catch {
    // A prototype that is a hostile Proxy; the error still has a message.
  }
  return 'Error'
}

function typeOf(error: Error): string {
  const constructor: unknown = read(error, 'constructor')
  return typeof constructor === 'function' ? constructor.name : ''
}

function read(target: object, key: string): unknown {
  try {
    return (target as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function readString(target: object, key: string): string {
  const value = read(target, key)
  return typeof value === 'string' ? value : value === undefined ? '' : safeString(value)
}
