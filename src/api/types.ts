/** What daemon and clients say to each other, in JSON; docs/guide/daemon.md has the paths. */
import type { WireError } from './wire-error.js'

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
  readonly id: string
  readonly name: string
  readonly state: TaskState
  readonly priority: 'high' | 'normal' | 'low'
  /** ISO 8601, as all times. */
  readonly createdAt: string
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
  readonly pending: number
  /** Tasks that have ended, and whose results are kept. */
  readonly kept: number
}

/** What is in the data of a task's events, by their types. */
export interface TaskEventData {
  state: { readonly state: TaskState }
  progress: { readonly value: unknown }
  item: { readonly value: unknown }
  /** So many events before this one are not kept any more. */
  gap: { readonly missed: number }
  completed: { readonly result?: unknown }
  failed: { readonly error: WireError }
  cancelled: { readonly error: WireError }
}

/** The bounds of the number of workers. */
export interface SizeInfo {
  readonly minWorkers: number
  readonly maxWorkers: number
}

/** A task in quarantine. */
export interface QuarantineInfo {
  readonly id: number
  readonly taskName: string
  readonly priority: 'high' | 'normal' | 'low'
  readonly timeout?: number
  readonly attempts: readonly Readonly<Record<string, unknown>>[]
  readonly quarantinedAt: string
}

/** The death of a worker that nobody had asked to go. */
export interface CrashInfo {
  readonly at: string
  readonly workerId: number
  readonly pid: number
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  /** The code of the error that its tasks have got. */
  readonly code?: string | undefined
  readonly message: string
  readonly taskId?: string | undefined
  readonly taskName?: string | undefined
  /** The end of what it wrote to its standard error. */
  readonly stderr?: string | undefined
}
