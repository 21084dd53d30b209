/** The host's side: the Pool, its options and events. */
export type { AllocOptions } from './alloc.js'
export type { MapOptions, TaskIterator } from './map.js'
export { type CloseOptions, Pool } from './pool.js'
export type { PoolEvents, PoolWarning, WorkerExitInfo, WorkerInfo } from './pool-events.js'
export type { PoolOptions, ResolvedPoolOptions, StdioTarget } from './pool-options.js'
export type { Priority, RunOptions, TaskOptions } from './run-options.js'
export type { DriverStats, PoolStats, WorkerStats } from './stats.js'
export type { Task, Tasks } from './task-types.js'
