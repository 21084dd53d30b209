/** Errors as the daemon tells them to its clients. */
import { isHatcheryErrorCode } from '../errors/codes.js'
import { DETAIL_KEYS, HatcheryError, type HatcheryErrorDetails } from '../errors/hatchery-error.js'
import { safeString } from '../errors/safe-string.js'
import { stringify } from './values.js'

/** The code of what a task threw: it is the task's own, and none of Hatchery's. */
export const THROWN = 'thrown'

/** An error in JSON; beside these it has the details of a {@link HatcheryError}, such as `exitCode`. */
export interface WireError {
  /** `ERR_HATCHERY_…`, or `thrown` for what a task threw. */
  readonly code: string
  readonly message: string
  /** Class or `name` of what was thrown. */
  readonly name?: string
  readonly stack?: string
  /** Its own properties. */
  readonly properties?: Readonly<Record<string, unknown>>
  /** What was thrown, if that was no error. */
  readonly value?: unknown
  readonly cause?: WireError
}

/** Causes of causes beyond this many are left out. */
const MAX_DEPTH = 4

/** Any thrown value, such as `stringify` can put into JSON. */
export function encodeWireError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { code: THROWN, message: safeString(error), value: carried(error) }
  const { cause } = error
  // A task may have made anything of them.
  const [name, message] = [safeString(error.name), safeString(error.message)]
  const because = cause === undefined || depth >= MAX_DEPTH ? undefined : { cause: encodeWireError(cause, depth + 1) }
  if (error instanceof HatcheryError) {
    const details = Object.fromEntries(DETAIL_KEYS.filter((key) => key in error).map((key) => [key, error[key]]))
    return { code: error.code, name, message, ...details, ...because }
  }
  const properties = carried({ ...error }) as Record<string, unknown>
  const own = Object.keys(properties).length === 0 ? undefined : { properties }
  return { code: THROWN, name, message, ...(error.stack && { stack: safeString(error.stack) }), ...own, ...because }
}

/** A value, if it can be put into JSON; of an object that cannot, an empty one. */
function carried(value: unknown): unknown {
  try {
    stringify(value)
    return value
  } catch {
    return typeof value === 'object' ? {} : undefined
  }
}

/** The error again, from what `parse` has read: a {@link HatcheryError} with its details, or what a task threw. */
export function decodeWireError(wire: WireError): unknown {
  const cause = wire.cause === undefined ? undefined : { cause: decodeWireError(wire.cause) }
  if (isHatcheryErrorCode(wire.code)) {
    return new HatcheryError(wire.code, wire.message, detailsOf(wire), cause)
  }
  if (wire.code === THROWN && wire.name === undefined) return wire.value
  const error = new Error(wire.message, cause)
  // A code of a later version is a code all the same.
  if (wire.code !== THROWN) define(error, 'code', wire.code, true)
  if (wire.name !== undefined && wire.name !== 'Error') define(error, 'name', wire.name, false)
  if (wire.stack !== undefined) define(error, 'stack', wire.stack, false)
  for (const [key, value] of Object.entries(wire.properties ?? {})) define(error, key, value, true)
  return error
}

function detailsOf(wire: WireError): HatcheryErrorDetails {
  const fields = wire as unknown as Record<string, unknown>
  return Object.fromEntries(DETAIL_KEYS.filter((key) => key in fields).map((key) => [key, fields[key]]))
}

/** Never an assignment: that would run setters, `__proto__` among them. */
function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
