import type { Affinity, StartMethod } from '../native/index.js'
import type { PoolDeadlineOptions, ResolvedPoolDeadlineOptions } from './options/deadlines.js'
import type { PoolHealthOptions, ResolvedPoolHealthOptions } from './options/health.js'
import type { LifeCycleOptions, ResolvedLifeCycleOptions } from './options/life-cycle.js'
import type { LimitOptions, ResolvedLimitOptions } from './options/limits.js'
import type { LoggingPoolOptions, ResolvedLoggingPoolOptions } from './options/logging.js'
import type { PoolObserveOptions, ResolvedPoolObserveOptions } from './options/observe.js'
import type { QueuePoolOptions, ResolvedQueuePoolOptions } from './options/queue.js'
import type { RecoveryPoolOptions, ResolvedRecoveryOptions } from './options/recovery.js'
import type { ResolvedSandboxOptions, SandboxPoolOptions } from './options/sandbox.js'
import type { ResolvedScalingPoolOptions, ScalingPoolOptions } from './options/scaling.js'
import type { ResolvedTracingPoolOptions, TracingPoolOptions } from './options/tracing.js'

/**
 * Where a worker's standard output or error goes: to the host's own, nowhere, or to the pool, which reads it by line: see the
 * event `output` and the option `logger`.
 */
export type StdioTarget = 'inherit' | 'ignore' | 'pipe'

/** Options of `new Pool()`. Times are milliseconds; `Infinity` is a time that never comes. */
export interface PoolOptions
  extends PoolDeadlineOptions,
    PoolHealthOptions,
    LifeCycleOptions,
    LimitOptions,
    RecoveryPoolOptions,
    ScalingPoolOptions,
    QueuePoolOptions,
    SandboxPoolOptions,
    LoggingPoolOptions,
    PoolObserveOptions,
    TracingPoolOptions {
  /** The module whose exports are the tasks: a path, or a `file:` URL. `run` can name another one. */
  filename?: string | URL | undefined
  /** Export that `run` calls if it names none. Default `'default'`. */
  name?: string | undefined
  /** Modules the zygote loads before it forks: files, URLs or package names. Workers share their memory. */
  preload?: readonly (string | URL)[] | undefined
  /**
   * Whether the zygote loads `filename` too, so that its workers find it loaded and share its memory. Default true;
   * false for a module that must not be forked, such as one that opens connections as it loads.
   */
  shareFilename?: boolean | undefined
  /**
   * Whether workers load `filename` before they are ready, so that a pool whose module cannot be loaded fails instead of
   * each task. Those of a reload do so anyway.
   *
   * @internal
   */
  loadFirst?: boolean | undefined
  /** Workers kept even when idle. Default 1 (a fork takes milliseconds), or `maxWorkers` if that is less. */
  minWorkers?: number | undefined
  /**
   * Workers at most. Default: as many as there are processors that this process may use, fewer if its control groups
   * (cgroups) grant it less time; or `minWorkers` if that is more.
   */
  maxWorkers?: number | undefined
  /**
   * Workers beyond those, started and idle, that take the place of one that dies, or are one more under load, without a
   * start to wait for, and rehearsed: their first task takes little longer than any. Forked, each costs a few megabytes.
   * Default 0, at most 64.
   */
  spares?: number | undefined
  /** Alias of `minWorkers`, as piscina has it. */
  minThreads?: number | undefined
  /** Alias of `maxWorkers`, as piscina has it. */
  maxThreads?: number | undefined
  /** Tasks one worker runs at a time; above 1 it pays for tasks that wait for I/O. Default 1, at most 512. */
  concurrency?: number | undefined
  /** Alias of `concurrency`, as piscina has it. */
  concurrentTasksPerWorker?: number | undefined
  /**
   * How workers come to be. `'fork'`: from the zygote, or not at all. `'spawn'`: each a fresh Node process.
   * `'auto'` (default): fork where zygote and platform allow it, otherwise spawn, with a `'warning'` event.
   */
  startMethod?: StartMethod | undefined
  /** Options of Node for zygote and workers. Default: those of the host, less what is the host's alone. */
  execArgv?: readonly string[] | undefined
  /** Environment of zygote and workers. Default: that of the host. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  /** From the abort of a task's own signal (cancel, timeout) to SIGKILL for its worker. Default 1000. */
  killGrace?: number | undefined
  /** How long zygote and workers may take to come up. Default 30 000. */
  startTimeout?: number | undefined
  /** Standard output and error of the workers. Default `'inherit'`. */
  stdio?: StdioTarget | { readonly stdout?: StdioTarget; readonly stderr?: StdioTarget } | undefined
  /**
   * Which processors workers run on: `'none'` (default) for any, `'spread'` for one each, or lists of processors, of
   * which worker k has list k modulo their number. A worker that is so kept on one memory node (NUMA) gets the memory it
   * shares with the host from there, where the kernel allows it.
   */
  affinity?: Affinity | undefined
  /** Handed to every worker as it starts: a structured clone of it, made when the pool is. */
  workerData?: unknown
  /**
   * Bytes that the memory of `pool.alloc()`, and tasks of more than a megabyte on their way to workers, may take up.
   * Results on their way back are not counted: a worker has few under way at a time, and the memory goes with each as it
   * is read. Default: half of what the system or container has.
   */
  maxSharedMemory?: number | undefined
  /**
   * What becomes of a task of more than a megabyte when there is no room for it: it waits, and others go on (`'wait'`, the
   * default), or is rejected with ERR_HATCHERY_SHARED_MEMORY_FULL. `pool.alloc()` throws that in any case.
   */
  sharedMemoryPolicy?: 'wait' | 'reject' | undefined
}

/** {@link PoolOptions} after all defaults: what `pool.options` shows. Times are milliseconds. */
export interface ResolvedPoolOptions
  extends ResolvedPoolDeadlineOptions,
    ResolvedPoolHealthOptions,
    ResolvedLifeCycleOptions,
    ResolvedLimitOptions,
    ResolvedRecoveryOptions,
    ResolvedScalingPoolOptions,
    ResolvedQueuePoolOptions,
    ResolvedSandboxOptions,
    ResolvedLoggingPoolOptions,
    ResolvedPoolObserveOptions,
    ResolvedTracingPoolOptions {
  /** `file:` URL, if there is a default module. */
  readonly filename: string | undefined
  readonly name: string
  /** URLs, or names of built-in modules. */
  readonly preload: readonly string[]
  readonly shareFilename: boolean
  /** @internal */
  readonly loadFirst: boolean
  readonly minWorkers: number
  readonly maxWorkers: number
  readonly spares: number
  /** As `minWorkers`. */
  readonly minThreads: number
  /** As `maxWorkers`. */
  readonly maxThreads: number
  readonly concurrency: number
  /** As `concurrency`. */
  readonly concurrentTasksPerWorker: number
  readonly startMethod: StartMethod
  readonly execArgv: readonly string[]
  /** `undefined`: that of the host. */
  readonly env: Readonly<Record<string, string>> | undefined
  readonly killGrace: number
  readonly startTimeout: number
  readonly stdout: StdioTarget
  readonly stderr: StdioTarget
  readonly affinity: Affinity
  readonly workerData: unknown
  readonly maxSharedMemory: number
  readonly sharedMemoryPolicy: 'wait' | 'reject'
}
