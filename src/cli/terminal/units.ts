/** Figures as people read them. */

/** `1 234 567`, and three digits of what is small: `12.3`. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const text =
    value < 100 && !Number.isInteger(value) ? Number(value.toPrecision(3)).toString() : Math.round(value).toFixed(0)
  const [whole, fraction] = text.split('.')
  return whole!.replace(/\B(?=(\d{3})+$)/g, ' ') + (fraction === undefined ? '' : `.${fraction}`)
}

/** Milliseconds: `87 µs`, `1.2 ms`, `3.4 s`, `5m 03s`, `2h 10m`, `3d 4h`. */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '-'
  if (milliseconds === 0) return '0'
  if (milliseconds < 1) return `${digits(milliseconds * 1000)} µs`
  if (milliseconds < 1000) return `${digits(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${digits(seconds)} s`
  const whole = Math.floor(seconds)
  if (whole < 3600) return pair(Math.floor(whole / 60), 'm', whole % 60, 's')
  if (whole < 86_400) return pair(Math.floor(whole / 3600), 'h', Math.floor(whole / 60) % 60, 'm')
  return pair(Math.floor(whole / 86_400), 'd', Math.floor(whole / 3600) % 24, 'h')
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Bytes: `512 B`, `1.5 MiB`. */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return '-'
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : digits(value)} ${UNITS[unit]}`
}

/** A share of one: `37 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${Math.round(share * 100)} %` : '-'
}

function digits(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0)
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return `${large}${largeUnit} ${String(small).padStart(2, '0')}${smallUnit}`
}
