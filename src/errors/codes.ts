/**
 * Every code a {@link HatcheryError} can carry, each with the moment it is raised.
 *
 * Codes are part of the public API: they are added, never renamed.
 */
export const ERROR_CODES = {
  /** An option of the pool, of `run` or of `map` has the wrong type or is out of range. */
  INVALID_OPTION: 'ERR_HATCHERY_INVALID_OPTION',
  /** A port or socket that was to be served has a listener already; the message names it. */
  ADDRESS_IN_USE: 'ERR_HATCHERY_ADDRESS_IN_USE',
  /** A configuration file, or an environment variable that overrides it, is no good; `problems` has all that is wrong. */
  INVALID_CONFIG: 'ERR_HATCHERY_INVALID_CONFIG',
  /** A pending task of this pool has the same `id`. */
  DUPLICATE_ID: 'ERR_HATCHERY_DUPLICATE_ID',
  /** The worker file does not exist; raised at the call that names it. */
  WORKER_FILE_NOT_FOUND: 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND',
  /** The worker module threw, or ended the process, while it was loaded in the worker. */
  WORKER_MODULE_FAILED: 'ERR_HATCHERY_WORKER_MODULE_FAILED',
  /** The worker module exports no function of that name. */
  TASK_UNKNOWN: 'ERR_HATCHERY_TASK_UNKNOWN',
  /** A task called by `stream` returned what cannot be iterated. */
  NOT_ITERABLE: 'ERR_HATCHERY_NOT_ITERABLE',
  /** A value cannot be cloned. */
  DATA_CLONE: 'ERR_HATCHERY_DATA_CLONE',
  /** The pool is closed or closing. */
  POOL_CLOSED: 'ERR_HATCHERY_POOL_CLOSED',
  /** The pool gave up: a strategy said so, or the driver broke. */
  POOL_FAILED: 'ERR_HATCHERY_POOL_FAILED',
  /** `reload()` while another one is under way. */
  RELOAD_IN_PROGRESS: 'ERR_HATCHERY_RELOAD_IN_PROGRESS',
  /** The task ran past its deadline. */
  TASK_TIMEOUT: 'ERR_HATCHERY_TASK_TIMEOUT',
  /** No worker began the task within its `queueTimeout`; it never ran. */
  QUEUE_TIMEOUT: 'ERR_HATCHERY_QUEUE_TIMEOUT',
  /** The task's AbortSignal fired, or `pool.cancel` was called. */
  TASK_CANCELLED: 'ERR_HATCHERY_TASK_CANCELLED',
  /** The task's worker was killed because another task that it had begun did not stop in time (`concurrency` > 1). */
  WORKER_LOST: 'ERR_HATCHERY_WORKER_LOST',
  /** The task's worker was stopped, or blocked by the task, for longer than the pool's `health` allows, and was killed. */
  WORKER_UNRESPONSIVE: 'ERR_HATCHERY_WORKER_UNRESPONSIVE',
  /** The task's worker left by `process.exit`. */
  WORKER_EXITED: 'ERR_HATCHERY_WORKER_EXITED',
  /** The task's worker was killed by a signal. */
  WORKER_SIGNALLED: 'ERR_HATCHERY_WORKER_SIGNALLED',
  /** The task's worker ended; how is not known, since the zygote, its parent, had died before. */
  WORKER_ENDED: 'ERR_HATCHERY_WORKER_ENDED',
  /** The task's worker called `process.abort`. */
  WORKER_ABORTED: 'ERR_HATCHERY_WORKER_ABORTED',
  /** The task's worker reached its heap limit. */
  WORKER_OUT_OF_MEMORY: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY',
  /** The task's worker wrote something into its lane that no worker writes. */
  WORKER_LANE_CORRUPT: 'ERR_HATCHERY_WORKER_LANE_CORRUPT',
  /** The task has run, and what it has sent back is lost: this process had no file descriptor left to receive it by. */
  RESULT_LOST: 'ERR_HATCHERY_RESULT_LOST',
  /** Too many workers have died under the task, which is not run again and is kept in `pool.quarantine`. */
  QUARANTINED: 'ERR_HATCHERY_QUARANTINED',
  /** The pool gave up: more than `maxRestarts` workers died within `restartWindow`. */
  RESTART_LIMIT: 'ERR_HATCHERY_RESTART_LIMIT',
  /** A worker did not come up. */
  WORKER_START_FAILED: 'ERR_HATCHERY_WORKER_START_FAILED',
  /** The zygote holds something that must not be forked, and `startMethod: 'fork'` was demanded. */
  FORK_UNSAFE: 'ERR_HATCHERY_FORK_UNSAFE',
  /** A `preload` module threw or left while it was loaded, or its `init` did. */
  PRELOAD_FAILED: 'ERR_HATCHERY_PRELOAD_FAILED',
  /** No native binary for this platform, or the platform refuses what the pool needs. */
  PLATFORM_UNSUPPORTED: 'ERR_HATCHERY_PLATFORM_UNSUPPORTED',
  /** The kernel lacks what the option `sandbox` asks for; raised by `new Pool()`, and the message names it. */
  SANDBOX_UNSUPPORTED: 'ERR_HATCHERY_SANDBOX_UNSUPPORTED',
  /** As many tasks wait as `maxQueue` allows. */
  QUEUE_FULL: 'ERR_HATCHERY_QUEUE_FULL',
  /** The queue was full, and the task had waited longest of the lowest priority (`queuePolicy: 'drop-oldest'`). */
  QUEUE_DROPPED: 'ERR_HATCHERY_QUEUE_DROPPED',
  /** The memory of `pool.alloc()`, or of large tasks, would grow past `maxSharedMemory`. */
  SHARED_MEMORY_FULL: 'ERR_HATCHERY_SHARED_MEMORY_FULL',
  /** This process has no file descriptor left for another piece of memory of `pool.alloc()`. */
  OUT_OF_DESCRIPTORS: 'ERR_HATCHERY_OUT_OF_DESCRIPTORS',
  /** A lane could not be made or mapped. */
  LANE: 'ERR_HATCHERY_LANE',
  /** Zygote or worker sent a message that is not of the protocol. */
  PROTOCOL: 'ERR_HATCHERY_PROTOCOL',
  /** The log file cannot be opened; the message says why. */
  LOG_FILE: 'ERR_HATCHERY_LOG_FILE',
  /** The kernel refused a system call; the message names it. */
  SYSTEM: 'ERR_HATCHERY_SYSTEM',
  /** Bytes from a worker are no valid encoding. */
  BAD_ENCODING: 'ERR_HATCHERY_BAD_ENCODING',
  /** Daemon, metrics or health cannot be served there: no permission, no such folder, a file in its place. */
  ADDRESS_UNAVAILABLE: 'ERR_HATCHERY_ADDRESS_UNAVAILABLE',
  /** A request to the daemon that it cannot make sense of. */
  BAD_REQUEST: 'ERR_HATCHERY_BAD_REQUEST',
  /** A request to the daemon has no token, or the wrong one. */
  UNAUTHORIZED: 'ERR_HATCHERY_UNAUTHORIZED',
  /** A request to the daemon that came by way of another site, through a browser. */
  FORBIDDEN: 'ERR_HATCHERY_FORBIDDEN',
  /** The daemon has no such task, worker or path; results are kept for a limited time. */
  NOT_FOUND: 'ERR_HATCHERY_NOT_FOUND',
  /** A request to the daemon is larger than `max_body_size`. */
  BODY_TOO_LARGE: 'ERR_HATCHERY_BODY_TOO_LARGE',
  /** The daemon takes no tasks for now: it was told to be quiet. */
  QUIET: 'ERR_HATCHERY_QUIET',
  /** The client cannot reach the daemon, or has lost it. */
  UNREACHABLE: 'ERR_HATCHERY_UNREACHABLE',
  /** `client.wait` has not seen the task settle within its `timeout`; the task goes on. */
  WAIT_TIMEOUT: 'ERR_HATCHERY_WAIT_TIMEOUT',
  /** A line of the input of `hatchery run` is not what it was said to be. */
  BAD_INPUT: 'ERR_HATCHERY_BAD_INPUT',
} as const

/** Short names of the codes: `'TASK_TIMEOUT'`, … */
export type ErrorName = keyof typeof ERROR_CODES

/** The `code` of a {@link HatcheryError}. */
export type HatcheryErrorCode = (typeof ERROR_CODES)[ErrorName]

const KNOWN: ReadonlySet<string> = new Set(Object.values(ERROR_CODES))

/** True if `value` is one of {@link ERROR_CODES}. */
export function isHatcheryErrorCode(value: unknown): value is HatcheryErrorCode {
  return typeof value === 'string' && KNOWN.has(value)
}
