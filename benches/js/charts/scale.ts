/** Logarithmic axes: from numbers to places, and where the ticks are. */

import type { Axis } from './curves.js'

export interface Scale {
  place(value: number): number
  /** Values with a label. */
  ticks: readonly number[]
}

const mostTicks = 9

/**
 * A logarithmic scale between two places. With ticks at powers of `base` the range is widened to whole powers; with
 * ticks at the values themselves it just holds them.
 */
export function logarithmic(
  values: readonly number[],
  { base, ticks }: Axis,
  [from, to]: readonly [number, number],
): Scale {
  const snap = ticks === 'powers'
  const powerOf = (value: number): number => Math.log(value) / Math.log(base)
  const low = powerOf(Math.min(...values))
  const high = powerOf(Math.max(...values))
  const first = snap ? Math.floor(low + 1e-9) : low
  let last = snap ? Math.ceil(high - 1e-9) : high
  if (last === first) last = first + 1
  const place = (value: number): number => from + ((powerOf(value) - first) / (last - first)) * (to - from)
  if (!snap) return { place, ticks: [...new Set(values)] }
  const powers: number[] = []
  for (let power = Math.ceil(first - 1e-9); power <= last + 1e-9; power++) powers.push(power)
  // Every second, third, … power, if there is no room for all.
  const step = Math.ceil(powers.length / mostTicks)
  return { place, ticks: powers.filter((_, index) => index % step === 0).map((power) => base ** power) }
}
