import { type InspectOptions, inspect } from 'node:util'
import type { NativePool } from '../native/index.js'

/** How long things took, in milliseconds: `perf_hooks` histograms as piscina sums them up, to within 2 %. */
export interface TimeSummary {
  /** As `mean`. */
  readonly average: number
  /** The sum of all, by their number. */
  readonly mean: number
  /** Standard deviation. */
  readonly stddev: number
  /** The shortest. */
  readonly min: number
  /** The longest. */
  readonly max: number
  /** 0.001 % took at most this long. */
  readonly p0_001: number
  /** 0.01 % took at most this long. */
  readonly p0_01: number
  /** 0.1 % took at most this long. */
  readonly p0_1: number
  /** 1 % took at most this long. */
  readonly p1: number
  /** 2.5 % took at most this long. */
  readonly p2_5: number
  /** 10 % took at most this long. */
  readonly p10: number
  /** 25 % took at most this long. */
  readonly p25: number
  /** The median. */
  readonly p50: number
  /** 75 % took at most this long. */
  readonly p75: number
  /** 90 % took at most this long. */
  readonly p90: number
  /** 95 % took at most this long. */
  readonly p95: number
  /** 97.5 % took at most this long. */
  readonly p97_5: number
  /** 99 % took at most this long. */
  readonly p99: number
  /** 99.9 % took at most this long. */
  readonly p99_9: number
  /** 99.99 % took at most this long. */
  readonly p99_99: number
  /** 99.999 % took at most this long. */
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

/** How long things took of late: since a look at `pool.histogram.recent` that was a minute ago. */
export interface RecentTimes {
  /**
   * Milliseconds since then: some seconds more than a minute at most. The pool's age if it is younger; more if nobody has
   * looked for so long.
   */
  readonly window: number
  /** As `pool.histogram.waitTime`. */
  readonly waitTime: TimeSummary
  /** As `pool.histogram.runTime`. */
  readonly runTime: TimeSummary
}

/** What is printed of a summary. */
const PRINTED = ['count', 'min', 'mean', 'stddev', 'p50', 'p90', 'p99', 'p99_9', 'p99_99', 'max'] as const

/**
 * How long tasks waited and ran, in all threads that use the pool, since it was made or since the last reset. Each look at
 * `waitTime` or `runTime` is a new snapshot. With `recordTiming: false` all figures are 0. Once the pool is closed they stay as
 * they were. What ended within the last moment may be missing: a worker notes it when it has sent the result.
 */
export class PoolHistogram {
  readonly #native: Pick<NativePool, 'times' | 'recentTimes' | 'resetTimes'>
  readonly #life: { readonly isClosed: boolean }

  /** @internal */
  constructor(native: Pick<NativePool, 'times' | 'recentTimes' | 'resetTimes'>, life: { readonly isClosed: boolean }) {
    this.#native = native
    this.#life = life
  }

  /** From the submission of a task until a worker began it; for another attempt, from when it was queued again. */
  get waitTime(): TimeSummary {
    return readTimes(this.#native).waitTime
  }

  /** From when a worker began a task until it had written the result, or died under it. */
  get runTime(): TimeSummary {
    return readTimes(this.#native).runTime
  }

  /**
   * Both of about the last minute, if somebody looks at this now and then; resets do not matter here. Undefined once the pool
   * is closed.
   */
  get recent(): RecentTimes | undefined {
    if (this.#life.isClosed) return undefined
    return (JSON.parse(this.#native.recentTimes()) as RecentTimes | null) ?? undefined
  }

  /** Has `waitTime` begin anew, for all who look at it. */
  resetWaitTime(): void {
    this.#native.resetTimes('wait')
  }

  /** Has `runTime` begin anew, for all who look at it. `utilization` goes on. */
  resetRunTime(): void {
    this.#native.resetTimes('run')
  }

  /** Both summaries. */
  toJSON(): { waitTime: TimeSummary; runTime: TimeSummary } {
    const { waitTime, runTime } = readTimes(this.#native)
    return { waitTime, runTime }
  }

  /** What `console.log` shows: the figures that are mostly looked at. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const { waitTime, runTime } = this.toJSON()
    return `PoolHistogram ${inspect({ waitTime: printed(waitTime), runTime: printed(runTime) }, options)}`
  }
}

function printed(summary: TimeSummary): object {
  return Object.fromEntries(PRINTED.map((name) => [name, summary[name]]))
}

/** All of it at one moment. */
export function readTimes(native: Pick<NativePool, 'times'>): TaskTimes {
  return JSON.parse(native.times()) as TaskTimes
}
