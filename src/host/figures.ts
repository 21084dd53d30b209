import type { NativePool } from '../native/index.js'
import { checkBoolean, checkKeys } from './check.js'
import { PoolHistogram, readTimes } from './histogram.js'
import type { Lifecycle } from './lifecycle.js'
import { checkLabels, type MetricFamily, type MetricsOptions, metricFamilies, metricsText } from './metrics.js'
import type { PendingTasks } from './pending.js'
import { judgeHealth, type PoolHealth } from './pool-health.js'
import { makeStats, type PoolStats, STATS_KEYS, type StatsOptions } from './stats.js'
import type { Submission } from './submission.js'

/** The parts of a pool that its figures are of. */
export interface FigureParts {
  readonly native: NativePool
  readonly lifecycle: Lifecycle
  readonly pending: PendingTasks
  readonly submission: Submission
  readonly options: { readonly minWorkers: number }
}

/** All that a pool tells of itself in numbers: what the driver knows, and what only this thread does. */
export class Figures {
  readonly histogram: PoolHistogram
  readonly #parts: FigureParts
  readonly #born = performance.now()

  constructor(parts: FigureParts) {
    this.#parts = parts
    this.histogram = new PoolHistogram(parts.native, parts.lifecycle)
  }

  /** Milliseconds since the pool was made. */
  get duration(): number {
    return performance.now() - this.#born
  }

  get queueSize(): number {
    const { native, submission } = this.#parts
    submission.flush()
    return native.queued() + submission.keptBack
  }

  get utilization(): number {
    return readTimes(this.#parts.native).utilization
  }

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  stats(options: StatsOptions): PoolStats {
    checkKeys('stats', options, STATS_KEYS)
    const memory = options.memory !== undefined && checkBoolean('memory', options.memory)
    const { native, pending, submission } = this.#parts
    return makeStats(native.stats(memory ? 2 : 1), pending, submission)
  }

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  metrics(options: MetricsOptions): string {
    const labels = checkLabels(options)
    const { native, lifecycle, submission } = this.#parts
    // What has told of its end may be there a moment longer.
    if (lifecycle.isClosed) return ''
    submission.flush()
    return metricsText(native, submission, labels)
  }

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  metricFamilies(options: MetricsOptions): MetricFamily[] {
    const labels = checkLabels(options)
    const { native, lifecycle, submission } = this.#parts
    if (lifecycle.isClosed) return []
    submission.flush()
    return metricFamilies(native, submission, labels)
  }

  health(): PoolHealth {
    const { lifecycle, native, options } = this.#parts
    const { isStarting, isClosing, isClosed, failure } = lifecycle
    const state = { starting: isStarting, closing: isClosing, closed: isClosed, minWorkers: options.minWorkers }
    return judgeHealth({ ...state, failure: failure?.message }, native.probe(), this.stats({}))
  }
}
