import type { HatcheryError } from '../errors/index.js'
import type { PoolEventRecord } from './settlement.js'
import type { WorkerHealth } from './stats.js'

/** A worker in an event of the pool. */
export interface WorkerInfo {
  /** The pool's number for the worker. */
  readonly workerId: number
  /** Its process id. */
  readonly pid: number
}

/** How a worker is. */
export interface WorkerHealthInfo extends WorkerInfo {
  /** `'stopped'` or `'blocked'` now, or one of the others after it was. */
  readonly health: WorkerHealth
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
}

/** Events of a Pool, with the arguments of their listeners. */
export interface PoolEvents {
  /** The pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Also the `ready` promise. */
  ready: []
  /** The pool failed for good; every task is rejected with the same error. */
  error: [error: HatcheryError]
  workerStarted: [worker: WorkerInfo]
  workerExited: [worker: WorkerExitInfo]
  /** A worker has been found stopped or blocked, or is no longer. */
  workerHealth: [worker: WorkerHealthInfo]
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

/** Reads a `worker-health` event. */
export function healthInfo(event: PoolEventRecord): WorkerHealthInfo {
  return { ...workerInfo(event), health: event['health'] as WorkerHealth }
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
  return typeof message === 'string' && message !== '' ? { type: event.type, message } : undefined
}
