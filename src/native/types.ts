/** The contract between the facade and crates/node; ARCHITECTURE.md, "Staging and events", has the layouts. */

/** How worker processes come to be: forked from the zygote, exec'd one by one, or the better of the two here. */
export type StartMethod = 'auto' | 'fork' | 'spawn'

/** Receives one batch of event records. `large` holds the payloads too large for the events buffer. */
export type OnEvents = (buffer: 0 | 1, length: number, large: Uint8Array[] | undefined) => void

/** What the native pool is told at construction. Times are milliseconds. */
export interface NativePoolOptions {
  startMethod: StartMethod
  minWorkers: number
  maxWorkers: number
  /** Tasks one worker runs at a time. */
  concurrency: number
  /** An idle worker above `minWorkers` leaves after this long; 0 = never. */
  idleTimeout: number
  /** From the cooperative end of a task (cancel, deadline) to SIGKILL. */
  killGrace: number
  startTimeout: number
  nodePath: string
  execArgv: string[]
  /** `undefined`: the host's environment. */
  env: Record<string, string> | undefined
  zygotePath: string
  workerPath: string
  /** JSON `{filename, preload, concurrency, workerData?}`, handed to zygote and workers. */
  config: string
  stdout: 'inherit' | 'ignore'
  stderr: 'inherit' | 'ignore'
  laneBytes?: number
}

/** The native half of one pool. */
export interface NativePool {
  /** Append records, then `flush`. */
  readonly staging: ArrayBuffer
  readonly events: [ArrayBuffer, ArrayBuffer]
  /** Starts zygote and workers. */
  start(onEvents: OnEvents): void
  /** `definition`: JSON `{"filename": file URL href, "name": string, "spread"?: true}`. */
  define(functionId: number, definition: string): void
  flush(length: number): void
  submitLarge(ticket: number, functionId: number, options: number, timeout: number, payload: Uint8Array): void
  /** True: the task will settle as ERR_HATCHERY_TASK_CANCELLED, exactly once. */
  cancel(ticket: number): boolean
  close(): void
  /** Like `close`, ends with the pool event `{"type":"closed"}`. */
  destroy(): void
  /** Keeps the event loop alive. */
  ref(): void
  unref(): void
  /** JSON. */
  stats(): string
}

/** The loaded addon, as far as the host uses it. */
export interface NativeBinding {
  NativePool: new (options: NativePoolOptions) => NativePool
}
