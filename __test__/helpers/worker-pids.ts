import type { Pool } from 'hatchery'

/**
 * Process ids of the workers that take tasks, in no order that means anything. A worker may say that it is ready
 * before the zygote says which process it is: then it counts from the latter on.
 */
export function workerPids(pool: Pool): number[] {
  return pool.workers.filter(({ state, pid }) => state === 'running' && pid !== 0).map(({ pid }) => pid)
}
