/** Bytes by the name of a unit, in lower case. `kB` and the like are powers of 1000, `KiB` and the like of 1024. */
export const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** Short names, as those of `split -b` and of logrotate: powers of 1024. */
const SHORT: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** The bytes that a text such as `'10MB'`, `'10MiB'` or `'10m'` stands for; undefined: it is none. */
export function bytesOf(text: string): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? []
  const bytes = unit === undefined ? undefined : (BYTES[unit.toLowerCase()] ?? SHORT[unit.toLowerCase()])
  return bytes === undefined ? undefined : Math.round(Number(digits) * bytes)
}
