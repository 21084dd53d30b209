import { badEncoding } from '../codec/bad-encoding.js'
import { isHatcheryErrorCode } from './codes.js'
import { BASES, type EncodedError, type ErrorConstructorLike, MAX_ERROR_DEPTH, MAX_ERRORS } from './encoded-error.js'
import { HatcheryError } from './hatchery-error.js'

/** Longest class name taken over from a worker. */
const MAX_TYPE_NAME = 128
/** Classes made for names that came from workers; past this many, errors come as their base class. */
const MAX_TYPES = 256

const madeTypes = new Map<string, ErrorConstructorLike>()

type Fields = Readonly<Record<string, unknown>>

/**
 * Puts together again what `encodeError` took apart. Built-in classes come back as themselves; any other class
 * as a class of the same name that extends the nearest built-in one.
 *
 * @param encoded a decoded value, possibly hostile
 * @returns the value that was thrown in the worker
 * @throws ERR_HATCHERY_BAD_ENCODING if `encoded` is no encoded error
 */
export function decodeError(encoded: unknown): unknown {
  return decodeThrown(encoded, new Map(), 0)
}

function decodeThrown(encoded: unknown, seen: Map<object, Error>, depth: number): unknown {
  const fields = asFields(encoded)
  if (!Object.hasOwn(fields, 'error')) {
    if (!Object.hasOwn(fields, 'value')) throw badEncoding('thrown value')
    return fields['value']
  }
  const parts = asFields(fields['error'])
  const known = seen.get(parts)
  if (known !== undefined) return known
  if (depth > MAX_ERROR_DEPTH || seen.size > MAX_ERRORS) throw badEncoding('too many errors in one')
  return putTogether(parts, seen, depth)
}

function asFields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badEncoding('error object')
  return value as Fields
}

function asString(fields: Fields, key: keyof EncodedError): string {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined
  if (typeof value !== 'string') throw badEncoding(`error ${key}`)
  return value
}

function asList(fields: Fields, key: keyof EncodedError): readonly unknown[] {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined
  if (!Array.isArray(value)) throw badEncoding(`error ${key}`)
  return value
}

function putTogether(parts: Fields, seen: Map<object, Error>, depth: number): Error {
  const error = construct(parts)
  // Before anything is decoded that may lead back here.
  seen.set(parts, error)
  define(error, 'stack', asString(parts, 'stack'), false)
  const name = asString(parts, 'name')
  const base = asString(parts, 'base')
  if (name !== '' && name !== base && name !== error.name) define(error, 'name', name, false)
  for (const entry of asList(parts, 'properties')) {
    if (!Array.isArray(entry)) throw badEncoding('error property')
    const [key, value, enumerable] = entry as unknown[]
    if (typeof key !== 'string' || typeof enumerable !== 'boolean') throw badEncoding('error property')
    define(error, key, decodeThrown(value, seen, depth + 1), enumerable)
  }
  if (Object.hasOwn(parts, 'cause')) define(error, 'cause', decodeThrown(parts['cause'], seen, depth + 1), false)
  if (Object.hasOwn(parts, 'errors')) {
    const errors = asList(parts, 'errors').map((item) => decodeThrown(item, seen, depth + 1))
    define(error, 'errors', errors, false)
  }
  return error
}

function construct(parts: Fields): Error {
  const message = asString(parts, 'message')
  const base = asString(parts, 'base')
  if (base === 'DOMException') return new DOMException(message, asString(parts, 'name'))
  if (base === 'HatcheryError') return new HatcheryError(codeOf(parts), message)
  const Base = BASES.get(base)
  if (Base === undefined) throw badEncoding('error class')
  const Type = typeFor(base, Base, asString(parts, 'type'))
  return Reflect.construct(Base, base === 'AggregateError' ? [[], message] : [message], Type) as Error
}

function codeOf(parts: Fields) {
  for (const entry of asList(parts, 'properties')) {
    if (!Array.isArray(entry) || entry[0] !== 'code') continue
    const { value: code } = asFields(entry[1])
    if (isHatcheryErrorCode(code)) return code
  }
  throw badEncoding('error code')
}

/** A class of the worker's that this process does not have, for what prints and compares `constructor.name`. */
function typeFor(base: string, Base: ErrorConstructorLike, type: string): ErrorConstructorLike {
  if (type === '' || type === base || type.length > MAX_TYPE_NAME) return Base
  const key = `${base} ${type}`
  const made = madeTypes.get(key)
  if (made !== undefined) return made
  if (madeTypes.size >= MAX_TYPES) return Base
  const Type = class extends (Base as ErrorConstructor) {}
  Object.defineProperty(Type, 'name', { value: type, configurable: true })
  Object.defineProperty(Type.prototype, 'name', { value: type, configurable: true, writable: true })
  madeTypes.set(key, Type)
  return Type
}

/** Never an assignment: that would run setters, `__proto__` among them. */
function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
