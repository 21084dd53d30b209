import { checkBoolean } from '../check.js'

/** Options of a pool about what it knows of itself. */
export interface PoolObserveOptions {
  /**
   * Whether it is recorded how long tasks wait and run: `stats().waitTime` and `runTime`, `histogram`, `utilization`. Default
   * true; it costs less than 3 % of the throughput of the shortest tasks.
   */
  recordTiming?: boolean | undefined
}

/** {@link PoolObserveOptions} after all defaults. */
export interface ResolvedPoolObserveOptions {
  readonly recordTiming: boolean
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveObserve({ recordTiming }: PoolObserveOptions): ResolvedPoolObserveOptions {
  return { recordTiming: recordTiming === undefined || checkBoolean('recordTiming', recordTiming) }
}
