import type { HatcheryError } from '../errors/index.js'
import type { CrashInfo } from './crashes.js'
import { failureToError } from './failure.js'
import type { OutputInfo } from './output.js'
import type { PoolEventRecord } from './settlement.js'
import type { WorkerHealth } from './stats.js'
import type { WorkerReadyInfo } from './tracing/messages.js'

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
  /** Exit code, unless it was killed by a signal, or its zygote had died and nobody knows. */
  readonly exitCode: number | undefined
  /** Name of the signal that killed it. */
  readonly signal: string | undefined
  /**
   * True if nobody asked it to leave; also if the pool killed it by `health`, or for its memory. False if it was killed for a task
   * that did not stop when it was cancelled or its time was up.
   */
  readonly crashed: boolean
  /** What else is known if it crashed; also in `pool.crashes`. */
  readonly crash?: CrashInfo
}

/** A change of the number of workers, or why there is none. */
export interface ScaleInfo {
  /** Workers that took tasks, or were about to. */
  readonly from: number
  /** Workers that do so now. The same as `from`: tasks wait, but more workers would be of no use, or are not to be had. */
  readonly to: number
  /**
   * `'start'`: the minimum is started. `'queue-wait'`: tasks wait, or would, for longer than `targetQueueWait`. `'idle'`: a
   * worker had nothing to do for long enough. `'resize'`: somebody called `pool.resize()`. `'reload'`: a worker of the new
   * generation is beside an old one, or has taken its place. `'exit'`: a worker has ended and is not needed. `'cpu'`,
   * `'memory'`: what stands against another worker.
   */
  readonly reason: 'start' | 'queue-wait' | 'idle' | 'resize' | 'reload' | 'exit' | 'cpu' | 'memory'
}

/** What a reload has led to. */
export interface ReloadInfo {
  /** Version of the code that all workers run, as `pool.stats().generation`. */
  readonly generation: number
}

/** A worker that has come to a limit, or was to be replaced, and whose place another one has taken. */
export interface RecycleInfo extends WorkerInfo {
  /** The option that set the limit; `'request'`: somebody called `pool.recycle()`. */
  readonly reason: 'maxTasks' | 'maxAge' | 'maxRss' | 'request'
  /** Tasks it has ended. */
  readonly completed: number
  /** Milliseconds since it began to take tasks. */
  readonly age: number
  /** Bytes of memory of its own, as in the statistics. Only with `maxRss`. */
  readonly rss: number | undefined
}

/** Something that works, but not as was meant: such as `spawn` where `fork` was to be. */
export interface PoolWarning {
  /** What it is about, such as `'start-method'`, or `'zygote'` if that has died and another one is started. */
  readonly type: string
  /** What it is, why, and what to do. */
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
  /** A worker takes tasks from now on. */
  workerStarted: [worker: WorkerInfo]
  /** A worker is gone, in whatever way. */
  workerExited: [worker: WorkerExitInfo]
  /** A worker has been found stopped or blocked, or is no longer. */
  workerHealth: [worker: WorkerHealthInfo]
  /** A worker that has come to a limit, or was to be replaced, runs nothing any more and is told to leave. `workerExited` follows. */
  recycle: [worker: RecycleInfo]
  /** Something works, but not as was meant. Without a listener it is a warning of the process. */
  warning: [warning: PoolWarning]
  /** All workers run the code of the last `reload()`. */
  reload: [reload: ReloadInfo]
  /** As many tasks wait as `queueHighWaterMark` says: `pool.needsDrain` is true. */
  needsDrain: []
  /** Fewer tasks wait than `queueLowWaterMark` says, after there were too many; or no task is pending any more. */
  drain: []
  /** A worker, or the zygote, has printed a line, and the pool reads that (`stdio: 'pipe'`). */
  output: [output: OutputInfo]
  /** The number of workers changes, or should and cannot. */
  scale: [change: ScaleInfo]
  /** The pool is closed; nothing of it is left. */
  close: []
}

/** Reads a `worker-started` event. */
export function workerInfo(event: PoolEventRecord): WorkerInfo {
  return { workerId: Number(event.worker), pid: Number(event['pid']) }
}

/** Reads a `worker-ready` event. */
export function readyInfo(event: PoolEventRecord): WorkerReadyInfo {
  return { ...workerInfo(event), milliseconds: Number(event['milliseconds']) }
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

/** Reads a `scale` event. */
export function scaleInfo(event: PoolEventRecord): ScaleInfo {
  return { from: Number(event['from']), to: Number(event['to']), reason: event['reason'] as ScaleInfo['reason'] }
}

/** Reads a `recycle` event. */
export function recycleInfo(event: PoolEventRecord): RecycleInfo {
  const { rss } = event
  return {
    ...workerInfo(event),
    reason: event['reason'] as RecycleInfo['reason'],
    completed: Number(event['completed']),
    age: Number(event['age']),
    rss: typeof rss === 'number' ? rss : undefined,
  }
}

/** Reads a `warning` or `start-method` event; undefined for the start method that was asked for. */
export function warningInfo(event: PoolEventRecord): PoolWarning | undefined {
  const message = event.message ?? event['reason']
  if (typeof message !== 'string' || message === '') return undefined
  const error = event.code === undefined ? undefined : failureToError(event)
  return { type: event.type, message, ...(error !== undefined && { error }) }
}
