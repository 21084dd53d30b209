/** What the daemon tells its page, beside what it tells everybody. */

/** The pool in one second. Rates are per second, times in seconds: the median, and what 95 % and 99 % were below. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly queued: number
  readonly running: number
  readonly workers: number
  readonly completed: number
  readonly failed: number
  /** Of the tasks that began in this second; null if none did. */
  readonly wait: readonly (number | null)[]
  readonly run: readonly (number | null)[]
}

/** What an attempt at a task has come to. */
export type Outcome = 'running' | 'completed' | 'failed' | 'cancelled' | 'timed-out' | 'lost' | 'retried'

/** One attempt at a task in one worker: a bar of the task stream. Told when it begins if it takes long, and when it ends. */
export interface TaskBar {
  /** Of the attempt: a later bar of the same key takes the place of this one. */
  readonly key: string
  readonly id?: string | undefined
  readonly name: string
  readonly priority: 'high' | 'normal' | 'low'
  readonly workerId: number
  readonly attempt: number
  /** When it began and ended, in milliseconds since 1970. */
  readonly start: number
  readonly end?: number | undefined
  /** Milliseconds that it had waited for a worker. */
  readonly wait: number
  readonly outcome: Outcome
  /** Code and message of what it has failed with. */
  readonly error?: string | undefined
}

/** The data of the events of `GET /v1/dashboard`, by their types. */
export interface DashboardEvents {
  /** First of all. */
  readonly hello: { readonly time: number; readonly version: string; readonly samples: readonly Sample[] }
  readonly sample: Sample
  /** Bars that are new, and how many there were that are not told. */
  readonly tasks: { readonly bars: readonly TaskBar[]; readonly skipped: number }
  /** Something has happened to the pool or a worker; `type` as in `GET /v1/events`. */
  readonly event: { readonly type: string; readonly time: string } & Readonly<Record<string, unknown>>
}
