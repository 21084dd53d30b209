import type { StartMethod } from '../native/index.js'
import type { TimeSummary } from './histogram.js'
import type { PendingTasks } from './pending.js'
import type { Submission } from './submission.js'

/** How a worker is. */
export type WorkerHealth = 'starting' | 'idle' | 'busy' | 'blocked' | 'stopped'

/** A task that a worker has begun and whose end has not been heard of. */
export interface CurrentTask {
  /** The `id` it was given; only of tasks of this thread. */
  readonly id?: string
  /** The export that it calls. */
  readonly name: string
  /** URL of its module; absent: that of the pool. */
  readonly filename?: string
  /** Which attempt it is, 1 = the first. */
  readonly attempt: number
  /** The level it was submitted with. */
  readonly priority: 'high' | 'normal' | 'low'
  /**
   * Milliseconds that it has been running for: exactly with a `timeout`, else at most so many, since it is counted from
   * when its worker last ended a task or was given one while it had none.
   */
  readonly duration: number
}

/**
 * Why a worker was replaced. Those that leave since fewer are needed are not.
 *
 * - `exited`, `signalled`, `aborted`, `out-of-memory`: it died of that
 * - `overdue`, `unresponsive`, `lane-corrupt`: it was killed, since a task did not stop in time, since it was stopped or
 *   blocked for too long, or since it wrote what cannot be
 * - `start-failed`: it did not come up
 * - `max-tasks`, `max-age`, `max-memory`: it had come to that limit
 * - `request`, `reload`, `recovery`: by `pool.recycle()`, by `pool.reload()`, and by a recovery strategy
 */
export type RestartReason =
  | 'exited'
  | 'signalled'
  | 'aborted'
  | 'out-of-memory'
  | 'overdue'
  | 'unresponsive'
  | 'lane-corrupt'
  | 'start-failed'
  | 'max-tasks'
  | 'max-age'
  | 'max-memory'
  | 'request'
  | 'reload'
  | 'recovery'

/** How often each was the reason; those that never were are missing. */
export type RestartCounts = { readonly [reason in RestartReason]?: number }

/** One worker, as the driver sees it. */
export interface WorkerStats {
  /** The pool's number for the worker. */
  readonly id: number
  /** Its place in the pool, from 0: the worker that replaces it takes the same. */
  readonly place: number
  /** Process id; 0 until it has one. */
  readonly pid: number
  /** Where it is in its life. */
  readonly state: 'created' | 'starting' | 'running' | 'stopped' | 'crashed'
  /** As of the last look at it, see `health`: `blocked` neither computes nor turns, `stopped` was stopped by a signal. */
  readonly health: WorkerHealth
  /** It waits to take the place of another one. */
  readonly spare: boolean
  /** It gets no more tasks, and leaves when it has ended those it has. */
  readonly leaving: boolean
  /** Version of the code that it runs. */
  readonly generation: number
  /** Tasks it has, begun or not. */
  readonly inFlight: number
  /** Those of them that it has begun, as far as is known. */
  readonly tasks: readonly CurrentTask[]
  /** Tasks it has ended. */
  readonly completed: number
  /** How many tasks may lie ready for it. */
  readonly window: number
  /** Milliseconds since it began to take tasks. */
  readonly age: number
  /** Share of that time that it spent in tasks, from 0 to 1; with `concurrency`, of so many times that time. */
  readonly utilization: number
  /** Workers that had its place before, and were replaced. */
  readonly restarts: number
  /** … by reason. */
  readonly restartReasons: RestartCounts
  /** Resident memory in bytes, what it shares with the zygote and other workers included. Absent once it is gone. */
  readonly rss?: number
  /** Its proportional share (PSS) in bytes: what several processes share counts in parts. Only with `memory: true`. */
  readonly pss?: number
  /** Seconds of processor time since its start. Absent once it is gone. */
  readonly cpu?: number
  /** Bytes that the memory takes up which it shares with the host for tasks and results. */
  readonly laneMemory: number
  /**
   * Bytes of memory that it shares with no other process, when that was last looked at: exact above `maxRss`, and below
   * it at most so many. Only with `maxRss`.
   */
  readonly ownMemory?: number
}

/** What the driver counts, for all threads that use the pool. Counts are since creation. */
export interface DriverStats {
  /** How workers come to be here. */
  readonly startMethod: Exclude<StartMethod, 'auto'>
  /** Why it is not the one that was asked for; `null`: it is. */
  readonly startMethodReason: string | null
  /** Version of the code that new workers run: 1 at first, one more with each `reload()`. */
  readonly generation: number
  /** Zygotes that have died and were replaced. */
  readonly zygoteRestarts: number
  /** Tasks accepted, those kept back by this thread (`queuePolicy: 'wait'`) included. */
  readonly submitted: number
  /** Tasks that returned, whichever thread has submitted them; those of this one: `pool.completed`. */
  readonly completed: number
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
  /** Tasks that have killed too many workers (`maxCrashes`). */
  readonly quarantined: number
  /** Attempts beyond the first. */
  readonly retried: number
  /** Of the tasks queued, those that are kept back by this thread (`queuePolicy: 'wait'`). */
  readonly created: number
  /** Tasks that wait for a worker, or are kept back by this thread (`queuePolicy: 'wait'`). */
  readonly queued: number
  /** … by priority. */
  readonly queues: { readonly high: number; readonly normal: number; readonly low: number }
  /** Milliseconds that tasks begun lately had waited, by priority, or that those there have, if that is more. */
  readonly waits: { readonly high: number; readonly normal: number; readonly low: number }
  /** Tasks that wait for room in `maxSharedMemory`. */
  readonly starved: number
  /** Tasks that wait for their next attempt, or for a decision of `recovery`. */
  readonly aside: number
  /** Tasks that may be queued; `null`: any number, or as many as are kept back by `queuePolicy: 'wait'`. */
  readonly queueCapacity: number | null
  /** Tasks handed to workers. */
  readonly running: number
  /** Whether times are recorded; if not, `waitTime`, `runTime` and `utilization` are all 0. */
  readonly recordTiming: boolean
  /** As `pool.histogram.waitTime`. */
  readonly waitTime: TimeSummary
  /** As `pool.histogram.runTime`. */
  readonly runTime: TimeSummary
  /** As `pool.utilization`. */
  readonly utilization: number
  /** When a task last returned or threw, in milliseconds since 1970; `null`: none has. */
  readonly lastCompleted: number | null
  /** Pieces of memory of `pool.alloc()` that somebody holds: host, task or worker. */
  readonly segments: number
  /** Their bytes. */
  readonly sharedMemoryUsed: number
  /** `maxSharedMemory`. */
  readonly sharedMemoryCapacity: number
  /** Workers ever started. */
  readonly workersStarted: number
  /** Workers that died unasked. Those that were killed for a task that did not stop are in `restarts`, as `overdue`. */
  readonly workersCrashed: number
  /** Seconds of processor time of all workers, those that are gone included. It never becomes less. */
  readonly workersCpuSeconds: number
  /** Workers that were replaced, by reason. */
  readonly restarts: RestartCounts
  /** How long workers took to come up, from the request to their first word, by start method. */
  readonly startTimes: { readonly fork: TimeSummary; readonly spawn: TimeSummary }
  /** How often a worker's ring had no room for a task, or for a result. */
  readonly ringFull: number
  /** The workers there are. */
  readonly workers: readonly WorkerStats[]
}

/** Options of `pool.stats()`. */
export interface StatsOptions {
  /**
   * Whether to ask for the proportional share of memory of each worker (`pss`), for which the kernel walks all of its pages:
   * some milliseconds for 100 MB. Default false.
   */
  readonly memory?: boolean | undefined
}

export const STATS_KEYS: ReadonlySet<string> = new Set(['memory'] satisfies (keyof StatsOptions)[])

/** What `pool.stats()` returns: a snapshot. Once the pool is closed the figures stay as they were at its end. */
export interface PoolStats extends DriverStats {
  /** Tasks that this thread has submitted, and that are not settled. */
  readonly pending: number
  /**
   * Tasks that this thread has submitted, and that were rejected, for whatever reason. Those of all threads: `failed`,
   * `cancelled`, `timedOut`, `lost`, `dropped` and `quarantined` together.
   */
  readonly rejected: number
}

/**
 * Puts the driver's figures and ours together.
 *
 * @param driver JSON
 */
export function makeStats(driver: string, tasks: PendingTasks, submission: Submission): PoolStats {
  const { size: pending, rejected } = tasks
  const figures = JSON.parse(driver) as DriverStats
  for (const worker of figures.workers) for (const task of worker.tasks) addId(task, tasks)
  return { ...withUnseen(figures, submission), pending, rejected }
}

/** In place of the ticket, which is this thread's affair. */
function addId(task: CurrentTask & { id?: string; ticket?: number }, tasks: PendingTasks): void {
  const { ticket } = task
  delete task.ticket
  const id = ticket === undefined ? undefined : tasks.extrasOf(ticket)?.id
  if (id !== undefined) task.id = id
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
    created: keptBack,
    queued: driver.queued + keptBack,
    queues: { high: queues.high + high, normal: queues.normal + normal, low: queues.low + low },
  }
}
