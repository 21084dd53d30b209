/** Text with units as numbers. */
import { BYTES } from '../logging/size.js'
import { INFINITY, type Unit } from './schema/node.js'

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The number for a value with a unit that the schema has found good: milliseconds, bytes, permissions. */
export function numberOf(unit: Unit, value: unknown): unknown {
  if (value === INFINITY && unit !== 'path' && unit !== 'module') return Infinity
  if (typeof value !== 'string') return value
  if (unit === 'mode') return Number.parseInt(value, 8)
  if (unit !== 'duration' && unit !== 'size') return value
  const [, digits, name] = /^([\d.]+)\s*(\w+)$/.exec(value)!
  if (unit === 'duration') return Math.ceil(Number(digits) * MILLISECONDS[name!]!)
  return Math.round(Number(digits) * BYTES[name!.toLowerCase()]!)
}
