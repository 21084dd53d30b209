import type { MachineProbe, Tried } from '../../native/index.js'

/**
 * - `ok`: it is there.
 * - `degraded`: a pool runs, and something of it is slower, smaller or not to be had.
 * - `missing`: no pool runs without it.
 */
export type Status = 'ok' | 'degraded' | 'missing'

/** What one look has shown. */
export interface Check {
  /** Such as `fork`, for machines. */
  readonly id: string
  readonly area: 'node' | 'pool' | 'kernel' | 'sandbox' | 'limits'
  /** What was looked at. */
  readonly title: string
  readonly status: Status
  /** What was found. */
  readonly found: string
  /** What it is for, or what follows from its absence. */
  readonly means: string
  /** What to change, if something is amiss. */
  readonly change?: string
}

/** What checks go by. */
export interface Machine {
  readonly probe: MachineProbe
  /** The text of a file of the kernel; undefined: it cannot be read. */
  read(path: string): string | undefined
}

/** A check of something that was tried: `ok`, or as bad as `otherwise` says. */
export function tried(
  result: Tried,
  check: Omit<Check, 'status' | 'found'> & { readonly found?: string; readonly otherwise: 'degraded' | 'missing' },
): Check {
  const { otherwise, found = 'works', change, ...rest } = check
  if (result.ok) return { ...rest, status: 'ok', found }
  return { ...rest, status: otherwise, found: result.error, ...(change !== undefined && { change }) }
}
