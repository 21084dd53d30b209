/**
 * Hatchery: a process pool for Node.js on Linux, with workers forked from a warm zygote.
 *
 * @packageDocumentation
 */
export {
  type AttemptInfo,
  ERROR_CODES,
  HatcheryError,
  type HatcheryErrorCode,
  type HatcheryErrorDetails,
} from './src/errors/index.js'
export {
  type AllocOptions,
  type BackoffOptions,
  type CloseOptions,
  type DriverStats,
  type ItemIterator,
  type MapOptions,
  Pool,
  type PoolEvents,
  type PoolHandle,
  type PoolOptions,
  type PoolStats,
  type PoolWarning,
  type Priority,
  type Quarantine,
  type QuarantinedTask,
  type RecoverableFailure,
  type RecoveryFunction,
  type RecoveryStrategy,
  type RecoveryTable,
  type RerunOptions,
  type ResolvedPoolOptions,
  type RunOptions,
  type RunSyncOptions,
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
  type WorkerInfo,
  type WorkerStats,
} from './src/host/index.js'
export type { Affinity, StartMethod } from './src/native/types.js'
export { move } from './src/segments/move.js'
export { SharedBytes } from './src/segments/shared-bytes.js'
