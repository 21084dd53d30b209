/** What daemon and clients say to each other, in JSON; docs/guide/daemon.md has the paths. */
import type { PoolStats, RecentTimes } from '../host/index.js'
import type { WireError } from './wire-error.js'

/** How far a task is: the first two are on the way, the others final. */
export type TaskState = 'queued' | 'running' | 'completed' | 'failed' | 'cancelled'

/** The body of `POST /v1/tasks`. With a binary payload all but `payload` and `args` is in the query. */
export interface TaskRequest {
  /** Export of the pool's module; default is the pool's `name`. */
  name?: string
  /** The one argument of the function … */
  payload?: unknown
  /** … or all of them. */
  args?: unknown[]
  priority?: 'high' | 'normal' | 'low'
  /** Milliseconds it may run. */
  timeout?: number
  /** Milliseconds it may wait for a worker. */
  queueTimeout?: number
  retries?: number
  retryErrors?: boolean
  /** Names the task; without it the daemon chooses one. */
  id?: string
  /** Answer with the result; or, after so many milliseconds, with the state. Default: answer at once. */
  wait?: boolean | number
  /** The task goes on when a client that waits disconnects, and its result is kept. */
  detach?: boolean
  /** The function is a generator, whose items come as events. */
  stream?: boolean
}

/** A task, as `GET /v1/tasks/:id` and others tell of it. */
export interface TaskInfo {
  /** Given by the client, or chosen by the daemon. */
  readonly id: string
  /** Export that it calls. */
  readonly name: string
  /** How far it is. */
  readonly state: TaskState
  /** The level of the queue that it waits in. */
  readonly priority: 'high' | 'normal' | 'low'
  /** ISO 8601, as all times. */
  readonly createdAt: string
  /** When it was settled; missing until then. */
  readonly finishedAt?: string
  /** Of a completed task; missing if it returned nothing. */
  readonly result?: unknown
  /** Of one that has failed or was cancelled. */
  readonly error?: WireError
}

/** The answer of `GET /v1/tasks`. */
export interface TaskList {
  /** Newest first, without results. */
  readonly tasks: readonly TaskInfo[]
  /** Tasks that wait or run. */
  readonly pending: number
  /** Tasks that have ended, and whose results are kept. */
  readonly kept: number
}

/** What is in the data of a task's events, by their types. */
export interface TaskEventData {
  /** It waits, or a worker has begun it. */
  state: { readonly state: TaskState }
  /** What it gave to `current.progress`. */
  progress: { readonly value: unknown }
  /** What its generator has yielded. */
  item: { readonly value: unknown }
  /** So many events before this one are not kept any more. */
  gap: { readonly missed: number }
  /** It has returned; without `result` if it returned nothing. */
  completed: { readonly result?: unknown }
  /** It threw, its time was up, or its worker was lost. */
  failed: { readonly error: WireError }
  /** Somebody has cancelled it. */
  cancelled: { readonly error: WireError }
}

/** The bounds of the number of workers. */
export interface SizeInfo {
  /** Kept even when idle. */
  readonly minWorkers: number
  /** Never more than so many. */
  readonly maxWorkers: number
}

/** The figures of the daemon itself. */
export interface ServiceStats {
  /** Its process id. */
  readonly pid: number
  /** Milliseconds since it was started. */
  readonly uptime: number
  /** It was told to take no tasks. */
  readonly quiet: boolean
  /** It was told to end. */
  readonly stopping: boolean
  /** Connections that are open. */
  readonly connections: number
  /** Bytes of requests that are being read or whose tasks are pending; bounded by `max_pending_bytes`. */
  readonly pendingBytes: number
  /** Tasks that are pending, results that are kept, and bytes of these. */
  readonly tasks: { readonly pending: number; readonly kept: number; readonly keptBytes: number }
  /** Crashes of workers that are remembered. */
  readonly crashes: number
  /** Workers kept even when idle. */
  readonly minWorkers: number
  /** Workers at most. */
  readonly maxWorkers: number
  /** Tasks that a worker runs at a time. */
  readonly concurrency: number
  /** How long tasks waited and ran within the last minute; missing once the pool is closed. */
  readonly recent?: RecentTimes | undefined
}

/** The answer of `GET /v1/stats`: the figures of `pool.stats()`, as JSON has them, and those of the daemon. */
export interface DaemonStats extends PoolStats {
  /** Those of the daemon. */
  readonly service: ServiceStats
}

/** A task in quarantine. */
export interface QuarantineInfo {
  /** The quarantine's number for it, for `DELETE /v1/quarantine/:id`. */
  readonly id: number
  /** Export that it calls. */
  readonly taskName: string
  /** The level it was submitted with. */
  readonly priority: 'high' | 'normal' | 'low'
  /** Milliseconds it was allowed to run; missing: any. */
  readonly timeout?: number
  /** How each ended: `workerId`, `pid`, `code`, `message` and such. */
  readonly attempts: readonly Readonly<Record<string, unknown>>[]
  /** ISO 8601. */
  readonly quarantinedAt: string
}

/** The death of a worker that nobody had asked to go, and that was not killed for a task that did not stop. */
export interface CrashInfo {
  /** When it was known, ISO 8601. */
  readonly at: string
  /** The pool's number for the worker. */
  readonly workerId: number
  /** Its process id; 0 if it never had one. */
  readonly pid: number
  /** Missing if it was killed by a signal, or nobody knows. */
  readonly exitCode?: number | undefined
  /** Name of the signal that killed it. */
  readonly signal?: string | undefined
  /** The code of the error that its tasks have got. */
  readonly code?: string | undefined
  /** How it died, in words. */
  readonly message: string
  /** The task to blame, as `current.id` has it there. */
  readonly taskId?: string | undefined
  /** The export that the task called. */
  readonly taskName?: string | undefined
  /** The end of what it wrote to its standard error. */
  readonly stderr?: string | undefined
}
