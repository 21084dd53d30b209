import type { OutputInfo } from '../output.js'
import type { Pool } from '../pool.js'
import type {
  PoolWarning,
  RecycleInfo,
  ReloadInfo,
  ScaleInfo,
  WorkerExitInfo,
  WorkerHealthInfo,
  WorkerInfo,
} from '../pool-events.js'
import type { Priority } from '../run-options.js'

/**
 * What every channel about tasks says: `hatchery:task:*` and the tracing channel `tracing:hatchery:task:*`. It is one object
 * from the submission to the end, so it can be the key of a WeakMap; it is filled in as things happen.
 */
export interface TaskMessage {
  readonly pool: Pool
  /** How it was submitted; `map` runs its tasks by `'run'`. */
  readonly call: 'run' | 'runSync' | 'stream'
  /** Export that it calls. */
  readonly name: string
  /** Module, if it is not the pool's own. */
  readonly filename: string | URL | undefined
  /** What the caller calls it. */
  readonly id: string | undefined
  readonly priority: Priority
  /** When it was submitted. Times are those of `performance.now()`. */
  readonly submittedAt: number
  /** As `current.id` in the worker; from `running` on, and never with `runSync`, as all to `startedAt`. */
  readonly taskId: string | undefined
  /** The attempt that was begun last; 0: none. */
  readonly attempt: number
  readonly workerId: number | undefined
  readonly pid: number | undefined
  /** When the worker began it. */
  readonly startedAt: number | undefined
  /** The last attempt that is followed by another one; from `retried` on. */
  readonly retry: TaskRetry | undefined
  /** When it was settled. */
  readonly settledAt: number | undefined
  /** What it was fulfilled with. */
  readonly result?: unknown
  /** What it was rejected with. */
  readonly error?: unknown
}

/** An attempt that has failed and is followed by another one. */
export interface TaskRetry {
  /** Code of the failure; `'thrown'` if the task threw. */
  readonly code: string
  readonly message: string
  readonly attempt: number
  readonly workerId: number | undefined
  /** Milliseconds until the task is queued again. */
  readonly delay: number
}

/** What every channel about a pool says beside what is special to it. */
export interface PoolMessage {
  readonly pool: Pool
}

/** What is published on which plain channel. Those of the tracing channel `hatchery:task` say {@link TaskMessage}. */
export interface ChannelMessages {
  /** The task was submitted, and waits for a worker. */
  'hatchery:task:queued': TaskMessage
  /** A worker has begun it; once an attempt. */
  'hatchery:task:running': TaskMessage
  /** An attempt has failed; the task is queued again after a pause. */
  'hatchery:task:retried': TaskMessage
  'hatchery:task:completed': TaskMessage
  /** It threw, its time was up, its worker was lost, or it was refused. */
  'hatchery:task:failed': TaskMessage
  'hatchery:task:cancelled': TaskMessage
  /** Its process runs. */
  'hatchery:worker:started': PoolMessage & WorkerInfo
  /** It takes tasks. */
  'hatchery:worker:ready': PoolMessage & WorkerReadyInfo
  /** It has been given tasks after it had none. */
  'hatchery:worker:busy': PoolMessage & WorkerInfo
  /** It has no tasks left. */
  'hatchery:worker:idle': PoolMessage & WorkerInfo
  'hatchery:worker:health': PoolMessage & WorkerHealthInfo
  /** A line that it has printed, with `stdio: 'pipe'`. */
  'hatchery:worker:output': PoolMessage & OutputInfo
  /** It has come to a limit and leaves. */
  'hatchery:worker:recycled': PoolMessage & RecycleInfo
  'hatchery:worker:exited': PoolMessage & WorkerExitInfo
  'hatchery:pool:ready': PoolMessage
  'hatchery:pool:scale': PoolMessage & ScaleInfo
  'hatchery:pool:reload': PoolMessage & ReloadInfo
  'hatchery:pool:needs-drain': PoolMessage
  'hatchery:pool:drain': PoolMessage
  'hatchery:pool:warning': PoolMessage & PoolWarning
  'hatchery:pool:failed': PoolMessage & { readonly error: unknown }
  'hatchery:pool:close': PoolMessage
}

/** A worker that takes tasks now. */
export interface WorkerReadyInfo extends WorkerInfo {
  /** Milliseconds that its start has taken. */
  readonly milliseconds: number
}
