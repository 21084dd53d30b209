/**
 * Hatchery: a process pool for Node.js on Linux, with workers forked from a warm zygote.
 *
 * @packageDocumentation
 */
export { ERROR_CODES, HatcheryError, type HatcheryErrorCode, type HatcheryErrorDetails } from './src/errors/index.js'
export {
  type AllocOptions,
  type CloseOptions,
  type CloseReport,
  type DriverStats,
  type HealthOptions,
  type ItemIterator,
  type LifeCycleOptions,
  type MapOptions,
  Pool,
  type PoolEvents,
  type PoolHandle,
  type PoolOptions,
  type PoolSize,
  type PoolStats,
  type PoolWarning,
  type Priority,
  type QueuePolicy,
  type QueuePoolOptions,
  type ReloadInfo,
  type ReloadOptions,
  type ResolvedHealthOptions,
  type ResolvedLifeCycleOptions,
  type ResolvedPoolOptions,
  type ResolvedQueuePoolOptions,
  type ResolvedScaling,
  type ResolvedScalingPoolOptions,
  type RunOptions,
  type RunSyncOptions,
  type ScaleInfo,
  type ScalingOptions,
  type ScalingPoolOptions,
  type StdioTarget,
  type StreamOptions,
  type StreamSource,
  type StreamTask,
  type Task,
  type TaskIterator,
  type TaskOptions,
  type TaskStreamOptions,
  type Tasks,
  type WorkerExitInfo,
  type WorkerHealth,
  type WorkerHealthInfo,
  type WorkerInfo,
  type WorkerStats,
} from './src/host/index.js'
export type { Affinity, StartMethod } from './src/native/types.js'
export { move } from './src/segments/move.js'
export { SharedBytes } from './src/segments/shared-bytes.js'
