/**
 * The shape of piscina, so that switching is one line: `import { Piscina } from 'hatchery/piscina'`.
 *
 * Workers are processes: what only concerns threads (`atomics`, …) is accepted and has no effect.
 *
 * @packageDocumentation
 */
import { getPriority } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import { type CloseReport, Pool, type PoolOptions, type RunOptions, type TimeSummary } from '../host/index.js'
import { move } from '../segments/move.js'

/** Options of piscina that have no counterpart here and are ignored. */
export interface IgnoredPiscinaOptions {
  atomics?: 'sync' | 'async' | 'disabled' | undefined
  useAtomics?: boolean | undefined
  argv?: readonly string[] | undefined
  stdin?: boolean | undefined
  trackUnmanagedFds?: boolean | undefined
  taskQueue?: object | undefined
  loadBalancer?: unknown
  workerHistogram?: boolean | undefined
}

/** What `new Piscina()` takes. */
export interface PiscinaOptions extends Omit<PoolOptions, 'filename' | 'env'>, IgnoredPiscinaOptions {
  /** The module whose exports are the tasks; null: none. */
  filename?: string | URL | null | undefined
  /** As in piscina, 0 is at once; but the default is that of {@link Pool}, 60 000, and not 0. */
  idleTimeout?: number | undefined
  /** The size of the old generation is `maxHeap`, in MiB; the other limits have no counterpart. */
  resourceLimits?: ResourceLimits | undefined
  /** How much nicer than the host workers are; see `nice`. */
  niceIncrement?: number | undefined
  /** `SHARE_ENV` of `node:worker_threads` means the environment of the host, as does leaving it out. */
  env?: PoolOptions['env'] | symbol
}

/** What `piscina.run()` takes. */
export interface PiscinaRunOptions extends Omit<RunOptions, 'filename' | 'name' | 'signal'> {
  /** Another module than the pool's; null: the pool's. */
  filename?: string | URL | null | undefined
  /** The export to call; null: the pool's `name`. */
  name?: string | null | undefined
  /** Cancels the task; null: nothing does. */
  signal?: AbortSignal | null | undefined
}

/** A process needs more than a thread, MiB. */
const LEAST_HEAP = 16

const IGNORED: ReadonlySet<string> = new Set([
  'atomics',
  'useAtomics',
  'argv',
  'stdin',
  'trackUnmanagedFds',
  'taskQueue',
  'loadBalancer',
  'workerHistogram',
])

/** Leaves out what is ignored, and what piscina writes as null. */
function translate(options: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(
      ([key, value]) => !IGNORED.has(key) && value !== null && !(key === 'env' && typeof value === 'symbol'),
    ),
  )
}

/** What the pool calls the limits that piscina knows. */
function translateLimits({ resourceLimits, niceIncrement }: PiscinaOptions): Partial<PoolOptions> {
  const heap = resourceLimits?.maxOldGenerationSizeMb
  return {
    ...(heap !== undefined && { maxHeap: Math.floor(Math.max(heap, LEAST_HEAP) * (1 << 20)) }),
    ...(niceIncrement && { nice: Math.min(getPriority() + niceIncrement, 19) }),
  }
}

/** How long piscina's `close()` waits for tasks if it is not told. */
const CLOSE_TIMEOUT = 30_000

/** Zero is at once there, and never here. */
function translateIdleTimeout({ idleTimeout }: PiscinaOptions): Partial<PoolOptions> {
  return idleTimeout === 0 ? { idleTimeout: 1 } : {}
}

/** A {@link Pool} under piscina's name and with its options. */
export class Piscina<T = any, R = any> extends Pool<T, R> {
  /** Workers of this pool import `hatchery/worker` to learn where they run; the host is never one. */
  static readonly isWorkerThread = false

  /** Marks a task or a result whose memory the sender gives up. */
  static readonly move = move

  constructor(options: PiscinaOptions = {}) {
    const { resourceLimits, niceIncrement, ...rest } = options
    const limits = translateLimits({ resourceLimits, niceIncrement })
    // There, a pool needs to be drained as soon as no worker is free.
    const defaults = { queueHighWaterMark: 0, queueLowWaterMark: 0, closeTimeout: CLOSE_TIMEOUT }
    super({ ...defaults, ...translate(rest), ...translateIdleTimeout(options), ...limits } as PoolOptions)
  }

  /** Tasks beyond those that the workers can run at once. */
  override get queueSize(): number {
    const { maxThreads, concurrentTasksPerWorker } = this.options
    return Math.max(0, this.pending - maxThreads * concurrentTasksPerWorker)
  }

  /** As `histogram.runTime`, as it was in piscina 4. */
  get runTime(): TimeSummary {
    return this.histogram.runTime
  }

  /** As `histogram.waitTime`, as it was in piscina 4. */
  get waitTime(): TimeSummary {
    return this.histogram.waitTime
  }

  override run<Result = R>(task?: T, options?: PiscinaRunOptions | null): Promise<Result> {
    return super.run<Result>(task, options == null ? undefined : (translate(options) as RunOptions))
  }

  /** `{ force: true }` does not wait for tasks. */
  override close(options: { force?: boolean; timeout?: number } = {}): Promise<CloseReport> {
    const { force, ...rest } = options
    return force === true ? this.destroy() : super.close(rest)
  }
}

export default Piscina
