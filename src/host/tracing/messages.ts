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
  /** The one it was submitted to. */
  readonly pool: Pool
  /** How it was submitted; `map` runs its tasks by `'run'`. */
  readonly call: 'run' | 'runSync' | 'stream'
  /** Export that it calls. */
  readonly name: string
  /** Module, if it is not the pool's own. */
  readonly filename: string | URL | undefined
  /** What the caller calls it. */
  readonly id: string | undefined
  /** The level of the queue that it waits in. */
  readonly priority: Priority
  /** When it was submitted. Times are those of `performance.now()`. */
  readonly submittedAt: number
  /** As `current.id` in the worker; from `running` on, and never with `runSync`, as all to `startedAt`. */
  readonly taskId: string | undefined
  /** The attempt that was begun last; 0: none. */
  readonly attempt: number
  /** The pool's number for the worker that began it last. */
  readonly workerId: number | undefined
  /** Process id of that worker. */
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
  /** What the failure says. */
  readonly message: string
  /** The number of the attempt that has failed, 1 = the first. */
  readonly attempt: number
  /** The worker that had it; undefined: none had. */
  readonly workerId: number | undefined
  /** Milliseconds until the task is queued again. */
  readonly delay: number
}

/** What every channel about a pool says beside what is special to it. */
export interface PoolMessage {
  /** The one that it is about. */
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
  /** It has returned; `result` is there. */
  'hatchery:task:completed': TaskMessage
  /** It threw, its time was up, its worker was lost, or it was refused. */
  'hatchery:task:failed': TaskMessage
  /** Its signal fired, or `pool.cancel` named it; `error` has the reason. */
  'hatchery:task:cancelled': TaskMessage
  /** Its process runs. */
  'hatchery:worker:started': PoolMessage & WorkerInfo
  /** It takes tasks. */
  'hatchery:worker:ready': PoolMessage & WorkerReadyInfo
  /** It has been given tasks after it had none. */
  'hatchery:worker:busy': PoolMessage & WorkerInfo
  /** It has no tasks left. */
  'hatchery:worker:idle': PoolMessage & WorkerInfo
  /** A worker is stopped, blocked, or neither any more; as the event `workerHealth`. */
  'hatchery:worker:health': PoolMessage & WorkerHealthInfo
  /** A line that it has printed, with `stdio: 'pipe'`. */
  'hatchery:worker:output': PoolMessage & OutputInfo
  /** It has come to a limit and leaves. */
  'hatchery:worker:recycled': PoolMessage & RecycleInfo
  /** Its process is gone; as the event `workerExited`. */
  'hatchery:worker:exited': PoolMessage & WorkerExitInfo
  /** It can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. */
  'hatchery:pool:ready': PoolMessage
  /** There are more workers, or fewer, and why; as the event `scale`. */
  'hatchery:pool:scale': PoolMessage & ScaleInfo
  /** All workers run the new code; as the event `reload`. */
  'hatchery:pool:reload': PoolMessage & ReloadInfo
  /** As many tasks wait as should: `queueHighWaterMark`. */
  'hatchery:pool:needs-drain': PoolMessage
  /** Few enough wait again: `queueLowWaterMark`. */
  'hatchery:pool:drain': PoolMessage
  /** Something is not as it should be, and the pool goes on; as the event `warning`. */
  'hatchery:pool:warning': PoolMessage & PoolWarning
  /** The pool has given up, for the reason in `error`; its tasks are rejected. */
  'hatchery:pool:failed': PoolMessage & { readonly error: unknown }
  /** All tasks are settled and all processes gone. */
  'hatchery:pool:close': PoolMessage
}

/** A worker that takes tasks now. */
export interface WorkerReadyInfo extends WorkerInfo {
  /** Milliseconds that its start has taken. */
  readonly milliseconds: number
}
