import type { Pool } from '../host/pool.js'

/** What is asked of a pool; one of any version or copy of the package will do. */
export type WatchedPool = Pick<Pool, 'health' | 'metrics' | 'metricFamilies'>
