/** HTTP status codes of failures. */
import { ERROR_CODES, type HatcheryErrorCode } from '../errors/codes.js'

/** The task threw, or something here did. */
const FAILED = 500
/** The worker has died under its task. */
const WORKER_LOST = 502
/** The client has closed the request: nginx's number, for what HTTP has none. */
const CANCELLED = 499

const STATUS: Partial<Record<HatcheryErrorCode, number>> = {
  [ERROR_CODES.BAD_REQUEST]: 400,
  [ERROR_CODES.INVALID_OPTION]: 400,
  [ERROR_CODES.DATA_CLONE]: 422,
  [ERROR_CODES.UNAUTHORIZED]: 401,
  [ERROR_CODES.FORBIDDEN]: 403,
  [ERROR_CODES.NOT_FOUND]: 404,
  [ERROR_CODES.TASK_UNKNOWN]: 404,
  [ERROR_CODES.DUPLICATE_ID]: 409,
  [ERROR_CODES.RELOAD_IN_PROGRESS]: 409,
  [ERROR_CODES.BODY_TOO_LARGE]: 413,
  [ERROR_CODES.NOT_ITERABLE]: 422,
  [ERROR_CODES.QUEUE_FULL]: 429,
  [ERROR_CODES.TASK_CANCELLED]: CANCELLED,
  [ERROR_CODES.QUEUE_DROPPED]: 503,
  [ERROR_CODES.SHARED_MEMORY_FULL]: 503,
  [ERROR_CODES.POOL_CLOSED]: 503,
  [ERROR_CODES.POOL_FAILED]: 503,
  [ERROR_CODES.RESTART_LIMIT]: 503,
  [ERROR_CODES.QUIET]: 503,
  [ERROR_CODES.TASK_TIMEOUT]: 504,
  [ERROR_CODES.QUEUE_TIMEOUT]: 504,
  [ERROR_CODES.QUARANTINED]: WORKER_LOST,
}

/** The status that goes with an error's code; `thrown` and what is not known here: 500. */
export function statusOf(code: string): number {
  const status = STATUS[code as HatcheryErrorCode]
  if (status !== undefined) return status
  return code.startsWith('ERR_HATCHERY_WORKER_') ? WORKER_LOST : FAILED
}

/** Whether the same request may succeed a little later. */
export function isPassing(status: number): boolean {
  return status === 429 || status === 503
}
