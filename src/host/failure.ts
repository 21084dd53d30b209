import {
  type AttemptInfo,
  DETAIL_KEYS,
  decodeError,
  ERROR_CODES,
  HatcheryError,
  isBuiltInError,
  isHatcheryErrorCode,
} from '../errors/index.js'

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
 * @param nameOf the export behind the number of a function
 */
export function failureToError(
  failure: Failure,
  extra?: { taskName?: string | undefined; cause?: unknown },
  nameOf?: (functionId: number) => string | undefined,
): HatcheryError {
  const details: Record<string, unknown> = { workerId: failure.worker, taskName: extra?.taskName }
  for (const key of DETAIL_KEYS) {
    const value = failure[key]
    if (typeof value === 'number' || typeof value === 'string') details[key] = value
  }
  if (failure['attempts'] !== undefined) details['attempts'] = attemptInfos(failure['attempts'])
  const { blamedFunction } = failure
  const blamed = typeof blamedFunction === 'number' ? nameOf?.(blamedFunction) : undefined
  if (blamed !== undefined) details['blamedTask'] = blamed
  const code = isHatcheryErrorCode(failure.code) ? failure.code : ERROR_CODES.POOL_FAILED
  let message = typeof failure.message === 'string' ? failure.message : 'The pool failed.'
  if (blamed !== undefined) message += ` (the other task was ${JSON.stringify(blamed)})`
  const cause = extra !== undefined && 'cause' in extra ? extra.cause : causeOf(failure.cause)
  return new HatcheryError(code, message, details, cause === undefined ? undefined : { cause })
}

/** The attempts of a task as the driver tells of them. */
export function attemptInfos(attempts: unknown): readonly AttemptInfo[] {
  if (!Array.isArray(attempts)) return []
  return (attempts as Failure[]).map((attempt) => {
    const { exitCode, signal, suspects } = attempt
    return {
      attempt: Number(attempt['attempt']),
      workerId: Number(attempt.worker),
      pid: Number(attempt['pid']),
      code: attempt.code as AttemptInfo['code'],
      message: String(attempt.message),
      ...(typeof exitCode === 'number' && { exitCode }),
      ...(typeof signal === 'string' && { signal }),
      ...(typeof suspects === 'number' && { suspects }),
      at: new Date(Number(attempt['at'])),
    }
  })
}

/** A cause is an error as name, message and stack, of which the errors of Hatchery keep their code; or any value. */
function causeOf(cause: unknown): unknown {
  if (typeof cause !== 'object' || cause === null) return cause
  const failure = cause as Failure
  if (typeof failure.message !== 'string') return cause
  if (isHatcheryErrorCode(failure.code)) return failureToError(failure)
  const name = typeof failure['name'] === 'string' ? failure['name'] : 'Error'
  return decodeError({
    error: {
      base: isBuiltInError(name) ? name : 'Error',
      type: name,
      name,
      message: failure.message,
      stack: String(failure.stack ?? ''),
      properties: propertiesOf(failure),
      ...(failure.cause !== undefined && { cause: { value: causeOf(failure.cause) } }),
    },
  })
}

function propertiesOf(failure: Failure): [string, { value: unknown }, true][] {
  const { code, properties } = failure
  const entries = typeof properties === 'object' && properties !== null ? Object.entries(properties) : []
  if (code !== undefined) entries.unshift(['code', code])
  return entries.map(([key, value]) => [key, { value }, true])
}

/** Messages for tasks that their caller did not want any more. */
export const ABORTED = 'The task was aborted by its signal.'
export const CALLED_OFF = 'The task was cancelled by `pool.cancel`.'

/** The error for a task whose signal fired before the driver had it. */
export function cancelledError(reason: unknown, taskName?: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.TASK_CANCELLED, ABORTED, { taskName }, { cause: reason })
}

/** The error for a task that was cancelled by its id. */
export function calledOffError(reason: unknown, taskName?: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.TASK_CANCELLED, CALLED_OFF, { taskName }, { cause: reason })
}

/** The error for a task whose id another one has. */
export function duplicateIdError(id: string): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.DUPLICATE_ID,
    `A pending task has the id ${JSON.stringify(id)}: wait until it has settled, cancel it, or choose another id.`,
  )
}

/** The error for a task that has waited for too long before the driver had it; in the driver's words. */
export function queueTimeoutError(limit: number, taskName?: string): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.QUEUE_TIMEOUT,
    `no worker began the task within its queueTimeout of ${limit} ms, so it never ran: have more workers, submit less at a ` +
      'time, or let it wait longer',
    { taskName, timeout: limit },
  )
}

/** The error for tasks that a pool has not waited for as it closed. */
export function cutOffError(): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.POOL_CLOSED,
    'The pool was closed before this task had settled: `destroy` waits for no task, `close` for as long as its timeout says.',
  )
}

/** The error for tasks that meet a closed pool. */
export function closedError(): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.POOL_CLOSED,
    'The pool is closed or closing; create a new one to run more tasks.',
  )
}
