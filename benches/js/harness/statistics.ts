/** Medians and spreads. */

/** The value below which that share of the values lies (nearest rank). */
export function quantile(values: ArrayLike<number>, share: number): number {
  // A typed array sorts by number, and millions of values quickly.
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export interface Summary {
  median: number
  lowest: number
  highest: number
  rounds: number
}

export function summarise(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  const median = Number.isInteger(middle) ? (upper + (sorted[middle - 1] ?? Number.NaN)) / 2 : upper
  return { median, lowest: sorted[0] ?? Number.NaN, highest: sorted.at(-1) ?? Number.NaN, rounds: sorted.length }
}
