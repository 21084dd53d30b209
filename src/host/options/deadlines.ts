import { checkTime, MAX_TIME } from '../check.js'

/** Options of a pool about the time of its tasks. */
export interface PoolDeadlineOptions {
  /** Default of the task option `timeout`, in milliseconds; for streams as well. Default `Infinity`. */
  taskTimeout?: number | undefined
  /**
   * Milliseconds that a task may wait until a worker begins it; past them it is rejected with ERR_HATCHERY_QUEUE_TIMEOUT
   * and never runs. A task's own `queueTimeout` counts instead. Default `Infinity`.
   */
  queueTimeout?: number | undefined
}

/** {@link PoolDeadlineOptions} after all defaults. */
export interface ResolvedPoolDeadlineOptions {
  /** Milliseconds; 0 = any. */
  readonly taskTimeout: number
  /** Milliseconds; 0 = any. */
  readonly queueTimeout: number
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveDeadlines(options: PoolDeadlineOptions): ResolvedPoolDeadlineOptions {
  return {
    taskTimeout: checkTime('taskTimeout', options.taskTimeout ?? Infinity, 1, 0),
    queueTimeout: checkTime('queueTimeout', options.queueTimeout ?? Infinity, 1, 0),
  }
}

/** For a task that may wait for ever whatever the pool's own limit is. */
export const NO_QUEUE_LIMIT = MAX_TIME

/**
 * The queueTimeout of a task in a word; 0 is that of the pool.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function packQueueTimeout(time: number | undefined): number {
  return time === undefined ? 0 : checkTime('queueTimeout', time, 1, NO_QUEUE_LIMIT)
}
