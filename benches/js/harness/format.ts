/** Numbers for people. */

const prefixes: readonly (readonly [number, string])[] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

/** Three digits that count, and no more after the point than they need. */
export function threeDigits(value: number): string {
  if (value === 0) return '0'
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  return `${Number(value.toFixed(Math.max(0, 2 - magnitude)))}`
}

/** 1500 as `1.5 k`. */
export function short(value: number): string {
  const [factor, prefix] = prefixes.find(([size]) => Math.abs(value) >= size) ?? [1, '']
  return `${threeDigits(value / factor)} ${prefix}`.trimEnd()
}

/** 1500 as `1.5 kB`. */
export function bytesDecimal(value: number): string {
  return `${short(value)}${value < 1000 ? ' ' : ''}B`
}

/** 1048576 as `1 MiB`. */
export function byteSize(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(value) / 10)))
  return `${threeDigits(value / 1024 ** power)} ${units[power]}`
}

/** Microseconds as `12 us`, `1.5 ms` or `2 s`. */
export function duration(microseconds: number): string {
  if (microseconds < 1e3) return `${threeDigits(microseconds)} us`
  return microseconds < 1e6 ? `${threeDigits(microseconds / 1e3)} ms` : `${threeDigits(microseconds / 1e6)} s`
}

export const megabytes = (value: number): string => (value / 2 ** 20).toFixed(1)
export const oneDigit = (value: number): string => value.toFixed(1)
export const twoDigits = (value: number): string => value.toFixed(2)
export const whole = (value: number): string => Math.round(value).toLocaleString('en')
