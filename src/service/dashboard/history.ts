import type { Sample } from '../../api/dashboard.js'
import type { Pool } from '../../host/index.js'
import { type Buckets, bucketsOf, quantiles } from './quantiles.js'

/** Samples that are kept: ten minutes. */
const KEPT = 600
const WAIT = 'hatchery_task_wait_seconds'
const RUN = 'hatchery_task_run_seconds'
const QUANTILES = [0.5, 0.95, 0.99]

/** Counts at the look before. */
interface Look {
  readonly at: number
  readonly completed: number
  readonly rejected: number
  readonly wait: Buckets
  readonly run: Buckets
}

/** How the pool was, second by second, for whoever opens the page later. */
export class History {
  readonly #pool: Pool
  #samples: Sample[] = []
  #before: Look | undefined

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Oldest first. */
  get samples(): readonly Sample[] {
    return this.#samples
  }

  /** Looks at the pool; undefined if it cannot be compared with anything yet, or is closed. */
  look(): Sample | undefined {
    const stats = this.#pool.stats()
    const { workers, completed, rejected } = stats
    const families = this.#pool.metricFamilies()
    const before = this.#before
    const now: Look = {
      at: performance.now(),
      completed,
      rejected,
      wait: bucketsOf(families, WAIT),
      run: bucketsOf(families, RUN),
    }
    this.#before = now
    if (before === undefined || families.length === 0) return undefined
    const passed = (now.at - before.at) / 1000
    const sample: Sample = {
      time: Date.now(),
      queued: stats.queued,
      running: stats.running,
      workers: workers.length,
      completed: (completed - before.completed) / passed,
      failed: (rejected - before.rejected) / passed,
      wait: quantiles(before.wait, now.wait, QUANTILES),
      run: quantiles(before.run, now.run, QUANTILES),
    }
    this.#samples.push(sample)
    if (this.#samples.length > KEPT) this.#samples.shift()
    return sample
  }
}
