import type { NativePool } from '../native/index.js'

/** How long things took, in milliseconds: `perf_hooks` histograms as piscina sums them up, to within 2 %. */
export interface TimeSummary {
  /** As `mean`. */
  readonly average: number
  readonly mean: number
  readonly stddev: number
  readonly min: number
  readonly max: number
  readonly p0_001: number
  readonly p0_01: number
  readonly p0_1: number
  readonly p1: number
  readonly p2_5: number
  readonly p10: number
  readonly p25: number
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p95: number
  readonly p97_5: number
  readonly p99: number
  readonly p99_9: number
  readonly p99_99: number
  readonly p99_999: number
  /** How many there were; all else is 0 if there were none. */
  readonly count: number
}

/** What the native pool tells of times. */
export interface TaskTimes {
  readonly waitTime: TimeSummary
  readonly runTime: TimeSummary
  readonly utilization: number
}

const NAMES = [
  ['average', 'mean', 'stddev', 'min', 'max'],
  ['p0_001', 'p0_01', 'p0_1', 'p1', 'p2_5', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95'],
  ['p97_5', 'p99', 'p99_9', 'p99_99', 'p99_999', 'count'],
].flat()

/** Of a pool that has no workers any more. */
const NOTHING = Object.freeze(Object.fromEntries(NAMES.map((name) => [name, 0]))) as unknown as TimeSummary
const NO_TIMES: TaskTimes = { waitTime: NOTHING, runTime: NOTHING, utilization: 0 }

/**
 * How long tasks waited and ran, in all threads that use the pool, since it was made or since the last reset. Each look at
 * `waitTime` or `runTime` is a new snapshot. With `recordTiming: false`, and once nothing of the pool is left, all figures are 0.
 * What ended within the last moment may be missing: a worker notes it when it has sent the result.
 */
export class PoolHistogram {
  readonly #native: Pick<NativePool, 'times' | 'resetTimes'>

  constructor(native: Pick<NativePool, 'times' | 'resetTimes'>) {
    this.#native = native
  }

  /** From the submission of a task until a worker began it; for another attempt, from when it was queued again. */
  get waitTime(): TimeSummary {
    return readTimes(this.#native).waitTime
  }

  /** From when a worker began a task until it had written the result, or died under it. */
  get runTime(): TimeSummary {
    return readTimes(this.#native).runTime
  }

  /** Has `waitTime` begin anew, for all who look at it. */
  resetWaitTime(): void {
    this.#native.resetTimes('wait')
  }

  /** Has `runTime` begin anew, for all who look at it. `utilization` goes on. */
  resetRunTime(): void {
    this.#native.resetTimes('run')
  }
}

/** All of it at one moment. */
export function readTimes(native: Pick<NativePool, 'times'>): TaskTimes {
  return (JSON.parse(native.times()) as TaskTimes | null) ?? NO_TIMES
}
