/** Logarithmic axes: from numbers to places, and where the ticks are. */

import type { Axis } from './curves.js'

export interface Scale {
  place(value: number): number
  /** Values with a label. */
  ticks: readonly number[]
}

const mostTicks = 9

/** A logarithmic scale between two places. Its range just holds the values, or is widened to whole powers of `base`. */
export function logarithmic(
  values: readonly number[],
  { base, ticks }: Axis,
  [from, to]: readonly [number, number],
  widened: boolean,
): Scale {
  const powerOf = (value: number): number => Math.log(value) / Math.log(base)
  const low = powerOf(Math.min(...values))
  const high = powerOf(Math.max(...values))
  const first = widened ? Math.floor(low + 1e-9) : low
  let last = widened ? Math.ceil(high - 1e-9) : high
  if (last === first) last = first + 1
  const place = (value: number): number => from + ((powerOf(value) - first) / (last - first)) * (to - from)
  if (ticks === 'points') return { place, ticks: [...new Set(values)] }
  const powers: number[] = []
  for (let power = Math.ceil(first - 1e-9); power <= last + 1e-9; power++) powers.push(power)
  // Every second, third, … power, if there is no room for all.
  const step = Math.ceil(powers.length / mostTicks)
  return { place, ticks: powers.filter((_, index) => index % step === 0).map((power) => base ** power) }
}
