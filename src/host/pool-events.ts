import type { HatcheryError } from '../errors/index.js'
import { failureToError } from './failure.js'
import type { PoolEventRecord } from './settlement.js'

/** A worker in an event of the pool. */
export interface WorkerInfo {
  /** The pool's number for the worker. */
  readonly workerId: number
  /** Its process id. */
  readonly pid: number
}

/** How a worker ended. */
export interface WorkerExitInfo extends WorkerInfo {
  /** Exit code, unless it was killed by a signal. */
  readonly exitCode: number | undefined
  /** Name of the signal that killed it. */
  readonly signal: string | undefined
  /** True if nobody asked it to leave. */
  readonly crashed: boolean
}

/** Something that works, but not as was meant: such as `spawn` where `fork` was to be. */
export interface PoolWarning {
  /** What it is about, such as `'start-method'`. */
  readonly type: string
  readonly message: string
  /** The error behind it, if there is one. */
  readonly error?: HatcheryError
}

/** Events of a Pool, with the arguments of their listeners. */
export interface PoolEvents {
  /** The pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Also the `ready` promise. */
  ready: []
  /** The pool failed for good; every task is rejected with the same error. */
  error: [error: HatcheryError]
  workerStarted: [worker: WorkerInfo]
  workerExited: [worker: WorkerExitInfo]
  warning: [warning: PoolWarning]
  /** No task is pending any more. */
  drain: []
  /** The pool is closed; nothing of it is left. */
  close: []
}

/** Reads a `worker-started` event. */
export function workerInfo(event: PoolEventRecord): WorkerInfo {
  return { workerId: Number(event.worker), pid: Number(event['pid']) }
}

/** Reads a `worker-exited` event. */
export function exitInfo(event: PoolEventRecord): WorkerExitInfo {
  const { exitCode, signal } = event
  return {
    ...workerInfo(event),
    exitCode: typeof exitCode === 'number' ? exitCode : undefined,
    signal: typeof signal === 'string' ? signal : undefined,
    crashed: event['crashed'] === true,
  }
}

/** Reads a `warning` or `start-method` event; undefined for the start method that was asked for. */
export function warningInfo(event: PoolEventRecord): PoolWarning | undefined {
  const message = event.message ?? event['reason']
  if (typeof message !== 'string' || message === '') return undefined
  const error = event.code === undefined ? undefined : failureToError(event)
  return { type: event.type, message, ...(error !== undefined && { error }) }
}
