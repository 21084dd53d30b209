import type { PoolStats, WorkerStats } from './stats.js'

/** One thing that was looked at. */
export interface HealthCheck {
  /** What was looked at: `pool`, `driver`, `accepting`, `workers`. */
  readonly name: string
  /** Nothing is wrong with it. */
  readonly ok: boolean
  /** What was found, in a few words. */
  readonly detail: string
}

/** What `pool.health()` returns. */
export interface PoolHealth {
  /** It works, or could: whoever restarts what is not live need not restart this. */
  readonly live: boolean
  /** It takes tasks, and as many workers as there must be can run them. */
  readonly ready: boolean
  /** What `live` follows from. */
  readonly liveness: readonly HealthCheck[]
  /** What `ready` follows from, besides. */
  readonly readiness: readonly HealthCheck[]
}

/** What is known of a pool without its driver. */
export interface PoolState {
  readonly starting: boolean
  readonly closing: boolean
  readonly closed: boolean
  /** The message of what the pool has failed with. */
  readonly failure: string | undefined
  readonly minWorkers: number
}

/** Able to run tasks, or doing so. */
function serves({ state, leaving, spare, health }: WorkerStats & { readonly leaving?: boolean }): boolean {
  return state === 'running' && leaving !== true && !spare && health !== 'stopped' && health !== 'blocked'
}

/** @param turns the driver has just turned */
export function judgeHealth(pool: PoolState, turns: boolean, stats: PoolStats): PoolHealth {
  const { starting, closing, closed, failure, minWorkers } = pool
  const life = failure ?? (closed ? 'closed' : closing ? 'closing' : starting ? 'starting' : 'open')
  const workers = stats.workers.filter(serves).length
  const liveness = [
    { name: 'pool', ok: failure === undefined && !closed, detail: life },
    { name: 'driver', ok: turns, detail: turns ? 'turns' : 'there is none' },
  ]
  const readiness = [
    { name: 'accepting', ok: life === 'open', detail: life === 'open' ? 'takes tasks' : life },
    { name: 'workers', ok: workers >= minWorkers, detail: `${workers} of at least ${minWorkers} can run tasks` },
  ]
  const live = liveness.every(({ ok }) => ok)
  return { live, ready: live && readiness.every(({ ok }) => ok), liveness, readiness }
}
