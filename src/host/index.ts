/** The host's side: the Pool, its options and events. */
export type { AllocOptions } from './alloc.js'
export type { PoolHandle } from './handle.js'
export type { MapOptions, TaskIterator } from './map.js'
export type {
  BackoffOptions,
  RecoverableFailure,
  RecoveryFunction,
  RecoveryStrategy,
  RecoveryTable,
} from './options/recovery.js'
export { type CloseOptions, Pool } from './pool.js'
export type { PoolEvents, PoolWarning, WorkerExitInfo, WorkerInfo } from './pool-events.js'
export type { PoolOptions, ResolvedPoolOptions, StdioTarget } from './pool-options.js'
export type { Quarantine, QuarantinedTask, RerunOptions } from './quarantine.js'
export type {
  Priority,
  RunOptions,
  RunSyncOptions,
  StreamOptions,
  TaskOptions,
  TaskStreamOptions,
} from './run-options.js'
export type { DriverStats, PoolStats, WorkerStats } from './stats.js'
export type { StreamSource } from './task-source.js'
export type { ItemIterator } from './task-stream.js'
export type { StreamTask, Task, Tasks } from './task-types.js'
