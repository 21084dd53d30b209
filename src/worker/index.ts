/**
 * What a task can know of itself: `import { current } from 'hatchery/worker'`.
 *
 * @packageDocumentation
 */
import { type TaskContext, workerState } from '../runtime/state.js'

export { move } from '../segments/move.js'

const state = workerState()
// From here on tasks get a context.
state.tracked = true

/** For code that runs outside of any task: it may ask, and gets neutral answers. */
const noTask: TaskContext = {
  id: '',
  attempt: 1,
  get signal() {
    return new AbortController().signal
  },
  progress() {},
}

function context(): TaskContext {
  return state.storage?.getStore() ?? state.current ?? noTask
}

/** The task that asks. Right across `await`, also where a worker runs several tasks at a time. */
export interface CurrentTask {
  /** Unique in the pool, empty outside of a task. */
  readonly id: string
  /** 1 at the first attempt, more where `retries` allow it. */
  readonly attempt: number
  /** The pool's number for this worker, 0 outside of one. */
  readonly workerId: number
  /**
   * Aborted when the caller has cancelled the task, with the caller's reason if that can be cloned, or when its time is
   * up, with a `TimeoutError`. The worker is killed a little later, after the pool's `killGrace`.
   */
  readonly signal: AbortSignal
  /**
   * Hands `value` to the caller's `onProgress`.
   *
   * @throws ERR_HATCHERY_DATA_CLONE
   */
  progress(value: unknown): void
}

/** The running task. */
export const current: CurrentTask = Object.freeze({
  get id() {
    return context().id
  },
  get attempt() {
    return context().attempt
  },
  get workerId() {
    return state.workerId
  },
  get signal() {
    return context().signal
  },
  progress(value: unknown) {
    context().progress(value)
  },
})

/** True in a worker process; false in the zygote and in the host. */
export function isWorker(): boolean {
  return state.isWorker
}

/** What the pool's option `workerData` holds; undefined outside of a worker. */
export const workerData: any = state.workerData

/**
 * Registers what each forked worker has to do before its first task, such as to connect anew or to seed a random
 * generator. It is awaited. In a spawned worker, whose modules are its own, it is called too, after they are loaded; and so
 * it is for a module that a worker loads later, before the first task of that module. If it throws there, the tasks of that
 * module are rejected with ERR_HATCHERY_WORKER_MODULE_FAILED.
 */
export function onFork(hook: () => unknown): void {
  if (typeof hook !== 'function') throw new TypeError('onFork takes a function')
  // The line below this function's own: whoever calls it, as in `at file:///worker.js:3:1`.
  const caller = String(new Error().stack).split('\n')[2]?.trim() ?? ''
  const site = /\((.*)\)$/.exec(caller)?.[1] ?? caller.replace(/^at (?:async )?/, '')
  state.forkHooks.push({ hook, site })
}

/**
 * Registers what a worker has to do before it leaves: when it was idle for too long, has come to a limit, or the pool is
 * reloaded or closed; such as to send what a telemetry SDK holds back. Hooks are awaited, all of them together for 1.5 s at
 * most. They do not run in a worker that is killed, dies, or calls `process.exit`, nor after `pool.destroy()`.
 */
export function onLeave(hook: () => unknown): void {
  if (typeof hook !== 'function') throw new TypeError('onLeave takes a function')
  state.leaveHooks.push(hook)
}
