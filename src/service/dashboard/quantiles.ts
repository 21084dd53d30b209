/** How long tasks waited and ran within a stretch of time, from two looks at the counts of a histogram. */

/** Upper bounds in seconds, and how many were at most that; the last bound is infinity. */
export type Buckets = readonly (readonly [bound: number, count: number])[]

const BUCKET = /^(\w+)_bucket\{(?:[^}]*,)?le="([^"]+)"\} (\d+)/gm

/** The histograms in a text of Prometheus's format, by their names. */
export function readHistograms(text: string): ReadonlyMap<string, Buckets> {
  const found = new Map<string, [number, number][]>()
  for (const [, name, bound, count] of text.matchAll(BUCKET)) {
    const buckets = found.get(name!) ?? []
    buckets.push([bound === '+Inf' ? Infinity : Number(bound), Number(count)])
    found.set(name!, buckets)
  }
  return found
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
