import type { StartMethod } from '../native/types.js'
import type { Tally } from './settlement.js'

/** What the driver counts. */
export interface DriverStats {
  /** How workers come to be; undefined until that is settled. */
  readonly startMethod?: Exclude<StartMethod, 'auto'>
  /** Why it is not the one that was asked for. */
  readonly startMethodReason?: string
  /** Tasks that wait for a worker. */
  readonly queued?: number
  /** Tasks handed to workers. */
  readonly running?: number
  /** The workers there are. */
  readonly workers?: readonly WorkerStats[]
  readonly [counter: string]: unknown
}

/** One worker, as the driver sees it. */
export interface WorkerStats {
  readonly id: number
  readonly pid: number
  readonly state: string
  readonly [counter: string]: unknown
}

/** What `pool.stats()` returns: a snapshot. */
export interface PoolStats extends DriverStats {
  /** Tasks submitted and not settled. */
  readonly pending: number
  /** Tasks fulfilled. */
  readonly completed: number
  /** Tasks rejected. */
  readonly failed: number
}

/** Puts the driver's figures and ours together. */
export function makeStats(driver: string, pending: number, tally: Tally): PoolStats {
  return { ...(JSON.parse(driver) as DriverStats), pending, completed: tally.completed, failed: tally.failed }
}
