import { ERROR_CODES, type HatcheryErrorCode } from './codes.js'

/** One failed attempt at a task. */
export interface AttemptInfo {
  /** Which one; 1 is the first. */
  readonly attempt: number
  /** The pool's number for the worker. */
  readonly workerId: number
  /** Process id the worker had. */
  readonly pid: number
  /** How it failed: an error code, or `'thrown'` if the task threw an error. */
  readonly code: HatcheryErrorCode | 'thrown'
  /** Says it in words. */
  readonly message: string
  /** Exit code of the worker. */
  readonly exitCode?: number
  /** Name of the signal that ended the worker. */
  readonly signal?: string
  /** Tasks that ran in the worker as it died, if there were several: which one was to blame is not known. */
  readonly suspects?: number
  /** When it was known. */
  readonly at: Date
}

/** What is known about the event behind a {@link HatcheryError}; absent where it does not apply. */
export interface HatcheryErrorDetails {
  /** Exit code of the worker. */
  exitCode?: number | undefined
  /** Name of the signal that ended the worker, such as `'SIGKILL'`. */
  signal?: string | undefined
  /** Which attempt at the task failed; 1 is the first. */
  attempt?: number | undefined
  /** The pool's number for the worker. */
  workerId?: number | undefined
  /** Process id the worker had. */
  pid?: number | undefined
  /** Name of the exported function that was to run. */
  taskName?: string | undefined
  /** The deadline that passed, in milliseconds. */
  timeout?: number | undefined
  /** Tasks that ran in the worker as it died, if there were several: which one was to blame is not known. */
  suspects?: number | undefined
  /** Export that the task called for which the worker had to be killed. */
  blamedTask?: string | undefined
  /** The end of what the worker, or zygote, has written to standard error; only with `stdio: { stderr: 'pipe' }`. */
  stderr?: string | undefined
  /** The task's id in `pool.quarantine`. */
  quarantineId?: number | undefined
  /** All attempts at the task, oldest first, if there was more than one. Of very many, the first and the latest. */
  attempts?: readonly AttemptInfo[] | undefined
}

/** Names of the details, in the order in which they are shown. */
export const DETAIL_KEYS = [
  'exitCode',
  'signal',
  'attempt',
  'workerId',
  'pid',
  'taskName',
  'timeout',
  'suspects',
  'blamedTask',
  'stderr',
  'quarantineId',
  'attempts',
] as const satisfies readonly (keyof HatcheryErrorDetails)[]

/** Names users already test for: those of `AbortSignal.timeout()` and `AbortController.abort()`. */
function nameOf(code: HatcheryErrorCode): string {
  switch (code) {
    case ERROR_CODES.TASK_TIMEOUT:
    case ERROR_CODES.QUEUE_TIMEOUT:
    case ERROR_CODES.WAIT_TIMEOUT:
      return 'TimeoutError'
    case ERROR_CODES.TASK_CANCELLED:
      return 'AbortError'
    default:
      return 'HatcheryError'
  }
}

/**
 * The one class of every error that Hatchery itself raises. Tell them apart by {@link HatcheryError.code};
 * errors thrown by a task arrive as themselves, not as this class.
 */
export class HatcheryError extends Error {
  /** Stable, machine-readable reason. */
  readonly code: HatcheryErrorCode
  /** {@inheritDoc HatcheryErrorDetails.exitCode} */
  declare readonly exitCode?: number
  /** {@inheritDoc HatcheryErrorDetails.signal} */
  declare readonly signal?: string
  /** {@inheritDoc HatcheryErrorDetails.attempt} */
  declare readonly attempt?: number
  /** {@inheritDoc HatcheryErrorDetails.workerId} */
  declare readonly workerId?: number
  /** {@inheritDoc HatcheryErrorDetails.pid} */
  declare readonly pid?: number
  /** {@inheritDoc HatcheryErrorDetails.taskName} */
  declare readonly taskName?: string
  /** {@inheritDoc HatcheryErrorDetails.timeout} */
  declare readonly timeout?: number
  /** {@inheritDoc HatcheryErrorDetails.suspects} */
  declare readonly suspects?: number
  /** {@inheritDoc HatcheryErrorDetails.blamedTask} */
  declare readonly blamedTask?: string
  /** {@inheritDoc HatcheryErrorDetails.stderr} */
  declare readonly stderr?: string
  /** {@inheritDoc HatcheryErrorDetails.quarantineId} */
  declare readonly quarantineId?: number
  /** {@inheritDoc HatcheryErrorDetails.attempts} */
  declare readonly attempts?: readonly AttemptInfo[]

  /**
   * @param code one of {@link ERROR_CODES}
   * @param message says what happened and what to do
   * @param details facts about the event
   * @param options the standard `{ cause }`
   */
  constructor(code: HatcheryErrorCode, message: string, details?: HatcheryErrorDetails, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, 'name', { value: nameOf(code), configurable: true, writable: true })
    if (details !== undefined) {
      for (const key of DETAIL_KEYS) {
        const value = details[key]
        if (value !== undefined) {
          Object.defineProperty(this, key, { value, enumerable: true, configurable: true, writable: true })
        }
      }
    }
  }
}
