import type { StartMethod } from '../native/index.js'
import type { PendingTasks } from './pending.js'
import type { Submission } from './submission.js'

/** How a worker is. */
export type WorkerHealth = 'starting' | 'idle' | 'busy' | 'blocked' | 'stopped'

/** One worker, as the driver sees it. */
export interface WorkerStats {
  /** The pool's number for the worker. */
  readonly id: number
  /** Process id; 0 until it has one. */
  readonly pid: number
  /** Where it is in its life. */
  readonly state: 'created' | 'starting' | 'running' | 'stopped' | 'crashed'
  /** As of the last look at it, see `health`: `blocked` neither computes nor turns, `stopped` was stopped by a signal. */
  readonly health: WorkerHealth
  /** It waits to take the place of another one. */
  readonly spare: boolean
  /** Version of the code that it runs. */
  readonly generation: number
  /** Tasks it has, begun or not. */
  readonly inFlight: number
  /** Tasks it has ended. */
  readonly completed: number
  /** How many tasks may lie ready for it. */
  readonly window: number
  /** Milliseconds since it began to take tasks. */
  readonly age: number
  /**
   * Bytes of memory that it shares with no other process, when that was last looked at: exact above `maxRss`, and below
   * it at most so many. Only with `maxRss`.
   */
  readonly rss?: number
}

/** What the driver counts; absent once the pool is closed. Counts are since creation. */
export interface DriverStats {
  /** How workers come to be here. */
  readonly startMethod: Exclude<StartMethod, 'auto'>
  /** Why it is not the one that was asked for. */
  readonly startMethodReason: string
  /** Version of the code that new workers run: 1 at first, one more with each `reload()`. */
  readonly generation: number
  /** Zygotes that have died and were replaced. */
  readonly zygoteRestarts: number
  /** Tasks accepted, those kept back by this thread (`queuePolicy: 'wait'`) included. */
  readonly submitted: number
  /** Tasks that threw. */
  readonly failed: number
  /** Tasks cancelled by their signal, or by `pool.cancel`. */
  readonly cancelled: number
  /** Tasks that ran, or waited, past their limit. */
  readonly timedOut: number
  /** Tasks lost to the death of their worker or the end of the pool. */
  readonly lost: number
  /** Tasks dropped from the full queue for newer ones. */
  readonly dropped: number
  /** Attempts beyond the first. */
  readonly retried: number
  /** Tasks that wait for a worker, or are kept back by this thread (`queuePolicy: 'wait'`). */
  readonly queued: number
  /** … by priority. */
  readonly queues: { readonly high: number; readonly normal: number; readonly low: number }
  /** Milliseconds that tasks begun lately had waited, by priority, or that those there have, if that is more. */
  readonly waits: { readonly high: number; readonly normal: number; readonly low: number }
  /** Tasks that wait for room in `maxSharedMemory`. */
  readonly starved: number
  /** Tasks handed to workers. */
  readonly running: number
  /** Pieces of memory of `pool.alloc()` that somebody holds: host, task or worker. */
  readonly segments: number
  /** Their bytes. */
  readonly sharedMemoryUsed: number
  /** `maxSharedMemory`. */
  readonly sharedMemoryCapacity: number
  /** Workers ever started. */
  readonly workersStarted: number
  /** Workers that died unasked. */
  readonly workersCrashed: number
  /** The workers there are. */
  readonly workers: readonly WorkerStats[]
}

/** What `pool.stats()` returns: a snapshot. */
export interface PoolStats extends Partial<DriverStats> {
  /** Tasks submitted and not settled. */
  readonly pending: number
  /** Tasks fulfilled. */
  readonly completed: number
  /** Tasks rejected, for whatever reason. */
  readonly rejected: number
}

/**
 * Puts the driver's figures and ours together.
 *
 * @param driver JSON; `null` for a pool that is closed
 */
export function makeStats(driver: string, tasks: PendingTasks, submission: Submission): PoolStats {
  const { size: pending, completed, rejected } = tasks
  const figures = JSON.parse(driver) as DriverStats | null
  return { ...(figures && withUnseen(figures, submission)), pending, completed, rejected }
}

/** The driver's figures, with the tasks that it does not know of: they are kept back, or have left from there. */
function withUnseen(driver: DriverStats, { keptBack, keptBackBy, unseen }: Submission): DriverStats {
  const { cancelled, timedOut } = unseen
  const [high, normal, low] = keptBackBy
  const { queues } = driver
  return {
    ...driver,
    submitted: driver.submitted + keptBack + cancelled + timedOut,
    cancelled: driver.cancelled + cancelled,
    timedOut: driver.timedOut + timedOut,
    queued: driver.queued + keptBack,
    queues: { high: queues.high + high, normal: queues.normal + normal, low: queues.low + low },
  }
}
