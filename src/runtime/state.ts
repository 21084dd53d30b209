import type { AsyncLocalStorage } from 'node:async_hooks'

/** What a running task can ask and say, as far as the public entry needs it. */
export interface TaskContext {
  readonly id: string
  readonly attempt: number
  readonly signal: AbortSignal
  progress(value: unknown): void
}

/** What is to be run in each forked worker. */
export interface ForkHook {
  readonly hook: () => unknown
  /** Where it was registered: module, line and column. */
  readonly site: string
}

/** What the runtime and every copy of `hatchery/worker` share. */
export interface WorkerState {
  /** True in a worker, and in a zygote that runs no code any more but to fork; not in the host. */
  isWorker: boolean
  /** The pool's number for this worker, 0 outside of one. */
  workerId: number
  workerData: unknown
  /** True once somebody has loaded `hatchery/worker`: only then do tasks get a context, which costs time. */
  tracked: boolean
  /** The task that runs, or ran last, while a worker runs one at a time. */
  current: TaskContext | undefined
  /** The task of each asynchronous path, in workers that run several at a time. */
  storage: AsyncLocalStorage<TaskContext> | undefined
  /** Run in each forked worker before its first task. */
  forkHooks: ForkHook[]
  /** Run in each worker that is told to leave. */
  leaveHooks: (() => unknown)[]
}

const KEY = Symbol.for('hatchery.worker')

type Holder = { [KEY]?: WorkerState }

/** Of a process that is no worker yet. */
export function newWorkerState(): WorkerState {
  return {
    isWorker: false,
    workerId: 0,
    workerData: undefined,
    tracked: false,
    current: undefined,
    storage: undefined,
    forkHooks: [],
    leaveHooks: [],
  }
}

/**
 * The one state of this process. It hangs on the global object because the CommonJS bundle of `hatchery/worker` and
 * the ES module are two copies of the same code.
 */
export function workerState(): WorkerState {
  const holder = globalThis as Holder
  holder[KEY] ??= newWorkerState()
  return holder[KEY]
}
