import { checkInteger, checkOneOf, checkTime } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/**
 * What becomes of a task that is one too many: it is rejected; or it waits in this process until another one has settled;
 * or the task that has waited longest of the lowest priority is rejected in its place.
 */
export type QueuePolicy = 'reject' | 'wait' | 'drop-oldest'

/** The options of a pool about tasks that wait. */
export interface QueuePoolOptions {
  /**
   * Tasks that may wait, beyond those that all workers could run at once (`maxWorkers` times `concurrency`). `'auto'`: the
   * square of `maxWorkers`. Default `Infinity`. What it comes to at first holds also after `pool.resize()`, as do the marks.
   */
  maxQueue?: number | 'auto' | undefined
  /**
   * What becomes of a task beyond `maxQueue`. `'reject'` (default): ERR_HATCHERY_QUEUE_FULL. `'wait'`: it is kept by this
   * thread and handed over, by priority, when there is room. `'drop-oldest'`: the oldest of the lowest priority that waits
   * rejects with ERR_HATCHERY_QUEUE_DROPPED, unless all that wait are of a higher priority than the new one: then
   * that is rejected.
   */
  queuePolicy?: QueuePolicy | undefined
  /**
   * So many tasks of this thread wait when `pool.needsDrain` becomes true. Default `maxQueue`, or 1000 for each of
   * `maxWorkers` if there is no limit.
   */
  queueHighWaterMark?: number | undefined
  /**
   * Once fewer wait than that, `pool.needsDrain` is false again, and `'drain'` is emitted. Default half of
   * `queueHighWaterMark`.
   */
  queueLowWaterMark?: number | undefined
  /**
   * How long tasks may be passed over by those of higher priority, in milliseconds, before every seventeenth place is
   * given to one of them. Default 1000; `Infinity`: for ever.
   */
  ageing?: number | undefined
}

/** {@link QueuePoolOptions} after all defaults. */
export interface ResolvedQueuePoolOptions {
  /** `Infinity`: no limit. */
  readonly maxQueue: number
  readonly queuePolicy: QueuePolicy
  readonly queueHighWaterMark: number
  readonly queueLowWaterMark: number
  /** `Infinity`: priorities are strict. */
  readonly ageing: number
}

const POLICIES = ['reject', 'wait', 'drop-oldest'] as const
/** More tasks than that nobody can have. */
const MAX_TASKS = 0xffff_ffff
const MARK_PER_WORKER = 1000

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveQueue(options: QueuePoolOptions, maxWorkers: number): ResolvedQueuePoolOptions {
  const maxQueue = resolveMaxQueue(options.maxQueue, maxWorkers)
  const queuePolicy = checkOneOf('queuePolicy', options.queuePolicy ?? 'reject', POLICIES)
  const mark = maxQueue === Infinity ? MARK_PER_WORKER * maxWorkers : maxQueue
  const queueHighWaterMark = checkInteger('queueHighWaterMark', options.queueHighWaterMark ?? mark, 0, MAX_TASKS)
  const low = options.queueLowWaterMark ?? Math.floor(queueHighWaterMark / 2)
  return {
    maxQueue,
    queuePolicy,
    queueHighWaterMark,
    queueLowWaterMark: checkInteger('queueLowWaterMark', low, 0, queueHighWaterMark),
    ageing: checkTime('ageing', options.ageing ?? 1000, 0, Infinity),
  }
}

function resolveMaxQueue(maxQueue: QueuePoolOptions['maxQueue'], maxWorkers: number): number {
  if (maxQueue === undefined || maxQueue === Infinity) return Infinity
  if (maxQueue === 'auto') return maxWorkers ** 2
  if (typeof maxQueue !== 'number') throw invalidOption('maxQueue', "an integer, 'auto' or Infinity", maxQueue)
  return checkInteger('maxQueue', maxQueue, 0, MAX_TASKS)
}
