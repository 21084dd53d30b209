/** The host's side: the Pool, its options and events. */
export type { AllocOptions } from './alloc.js'
export type { PoolHandle } from './handle.js'
export type { MapOptions, TaskIterator } from './map.js'
export type { HealthOptions, ResolvedHealthOptions } from './options/health.js'
export { type CloseOptions, Pool } from './pool.js'
export type { PoolEvents, PoolWarning, WorkerExitInfo, WorkerHealthInfo, WorkerInfo } from './pool-events.js'
export type { PoolOptions, ResolvedPoolOptions, StdioTarget } from './pool-options.js'
export type {
  Priority,
  RunOptions,
  RunSyncOptions,
  StreamOptions,
  TaskOptions,
  TaskStreamOptions,
} from './run-options.js'
export type { DriverStats, PoolStats, WorkerHealth, WorkerStats } from './stats.js'
export type { StreamSource } from './task-source.js'
export type { ItemIterator } from './task-stream.js'
export type { StreamTask, Task, Tasks } from './task-types.js'
