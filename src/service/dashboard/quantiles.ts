import type { MetricFamily } from '../../host/index.js'

/** How long tasks waited and ran within a stretch of time, from two looks at the counts of a histogram. */

/** Upper bounds in seconds, and how many were at most that; the last bound is infinity. */
export type Buckets = readonly (readonly [bound: number, count: number])[]

/** The histogram of this name; empty if there is none. */
export function bucketsOf(families: readonly MetricFamily[], name: string): Buckets {
  const metric = families.find((family) => family.name === name)?.metrics[0]
  return metric?.buckets === undefined ? [] : [...metric.buckets, [Infinity, metric.count ?? 0]]
}

/**
 * The quantiles of what came between two looks, in seconds; null if there was nothing. Between two bounds times are taken to
 * lie evenly, as Prometheus does it.
 *
 * @param before of the same histogram, or empty
 */
export function quantiles(before: Buckets, after: Buckets, wanted: readonly number[]): (number | null)[] {
  const counts = after.map(([, count], index) => count - (before[index]?.[1] ?? 0))
  const total = counts.at(-1) ?? 0
  return wanted.map((quantile) => (total > 0 ? quantileOf(after, counts, quantile * total) : null))
}

function quantileOf(buckets: Buckets, counts: readonly number[], rank: number): number {
  const index = counts.findIndex((count) => count >= rank)
  const low = index === 0 ? 0 : buckets[index - 1]![0]
  const high = buckets[index]![0]
  // Beyond the last bound: as much as is known.
  if (high === Infinity) return low
  const below = index === 0 ? 0 : counts[index - 1]!
  const within = counts[index]! - below
  return within === 0 ? high : low + ((high - low) * (rank - below)) / within
}
