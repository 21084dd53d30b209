import { DETAIL_KEYS, decodeError, ERROR_CODES, HatcheryError, isHatcheryErrorCode } from '../errors/index.js'

/** A failure as the driver and the zygote describe it, in JSON. */
export interface Failure {
  readonly code?: unknown
  readonly message?: unknown
  readonly stack?: unknown
  readonly cause?: unknown
  readonly worker?: unknown
  readonly [detail: string]: unknown
}

/**
 * The error for a failure.
 *
 * @param extra facts that the host knows and the driver does not
 */
export function failureToError(
  failure: Failure,
  extra?: { taskName?: string | undefined; cause?: unknown },
): HatcheryError {
  const details: Record<string, unknown> = { workerId: failure.worker, taskName: extra?.taskName }
  for (const key of DETAIL_KEYS) {
    const value = failure[key]
    if (typeof value === 'number' || typeof value === 'string') details[key] = value
  }
  const code = isHatcheryErrorCode(failure.code) ? failure.code : ERROR_CODES.POOL_FAILED
  const message = typeof failure.message === 'string' ? failure.message : 'The pool failed.'
  const cause = extra !== undefined && 'cause' in extra ? extra.cause : causeOf(failure.cause)
  return new HatcheryError(code, message, details, cause === undefined ? undefined : { cause })
}

/** A cause is an encoded error, or name, message and stack, or anything else, which is kept as it is. */
function causeOf(cause: unknown): unknown {
  if (typeof cause !== 'object' || cause === null) return cause
  if ('error' in cause || 'value' in cause) {
    try {
      return decodeError(cause)
    } catch (error) {
      return error
    }
  }
  const { name, message, stack, code } = cause as Failure
  if (typeof message !== 'string') return cause
  const error = isHatcheryErrorCode(code) ? failureToError(cause as Failure) : new Error(message)
  if (typeof name === 'string')
    Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  if (typeof stack === 'string')
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  if (typeof code === 'string')
    Object.defineProperty(error, 'code', { value: code, configurable: true, writable: true, enumerable: true })
  return error
}

/** The error for a task whose signal fired. */
export function cancelledError(reason: unknown, taskName?: string): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.TASK_CANCELLED,
    'The task was aborted by its signal.',
    { taskName },
    { cause: reason },
  )
}

/** The error for tasks that meet a closed pool. */
export function closedError(): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.POOL_CLOSED,
    'The pool is closed or closing; create a new one to run more tasks.',
  )
}
