/** Numbers as people read them: three digits and a unit. */

const DECIMAL = ['', 'k', 'M', 'G', 'T']
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
/** From below: up to how many milliseconds a unit is used, and how many it has. */
const SPANS = [
  [1, 0.001, 'µs'],
  [1000, 1, 'ms'],
  [120_000, 1000, 's'],
  [7_200_000, 60_000, 'min'],
  [172_800_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
] as const

/** Three digits at most before and after the point together. */
function digits(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  return value.toFixed(size >= 99.95 || Number.isInteger(value) ? 0 : size >= 9.995 ? 1 : 2).replace(/\.0+$/, '')
}

function scaled(value: number, step: number, units: readonly string[]): [string, string] {
  let unit = 0
  let rest = value
  while (Math.abs(rest) >= step * 0.9995 && unit < units.length - 1) {
    rest /= step
    unit++
  }
  return [digits(rest), units[unit]!]
}

/** `12.3k`; whole numbers below 10 000 as they are. */
export function count(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 10_000) return String(value)
  return scaled(value, 1000, DECIMAL).join('')
}

/** `1.5 MiB`. */
export function bytes(value: number): string {
  return scaled(value, 1024, BINARY).join(' ')
}

/** `350 µs`, `1.2 s`; of milliseconds. */
export function span(milliseconds: number): string {
  if (milliseconds === 0) return '0 ms'
  const [, size, unit] = SPANS.find(([below]) => Math.abs(milliseconds) < below)!
  return `${digits(milliseconds / size)} ${unit}`
}

/** `4 min`: coarse, for what is some time ago. */
export function age(milliseconds: number): string {
  if (milliseconds < 1000) return 'now'
  const [, size, unit] = SPANS.find(([below]) => milliseconds < below)!
  return `${Math.floor(milliseconds / size)} ${unit}`
}

/** `3 min ago`. */
export function ago(milliseconds: number): string {
  const text = age(milliseconds)
  return text === 'now' ? text : `${text} ago`
}

/** `42 %` of a share from 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
