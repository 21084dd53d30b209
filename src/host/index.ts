/** The host's side: the Pool, its options and events. */
export type { AllocOptions } from './alloc.js'
export type { CloseOptions, CloseReport } from './closing.js'
export type { ConfigureOption, ConfigureOptions } from './configure.js'
export type { CrashInfo } from './crashes.js'
export type { PoolHandle } from './handle.js'
export type { PoolHistogram, RecentTimes, TimeSummary } from './histogram.js'
export type { MapOptions, TaskIterator } from './map.js'
export type { MetricFamily, MetricSample, MetricsOptions } from './metrics.js'
export type { PoolDeadlineOptions, ResolvedPoolDeadlineOptions } from './options/deadlines.js'
export type {
  HealthOptions,
  PoolHealthOptions,
  ResolvedHealthOptions,
  ResolvedPoolHealthOptions,
} from './options/health.js'
export type { LifeCycleOptions, ResolvedLifeCycleOptions } from './options/life-cycle.js'
export type {
  CgroupOptions,
  LimitOptions,
  ResolvedLimitOptions,
  RlimitOptions,
  RssLimits,
} from './options/limits.js'
export type {
  LoggingPoolOptions,
  LogLevel,
  LogMethod,
  PoolLogger,
  ResolvedLoggingPoolOptions,
} from './options/logging.js'
export type { PoolObserveOptions, ResolvedPoolObserveOptions } from './options/observe.js'
export type { QueuePolicy, QueuePoolOptions, ResolvedQueuePoolOptions } from './options/queue.js'
export type {
  BackoffOptions,
  RecoverableCode,
  RecoverableFailure,
  RecoveryByCode,
  RecoveryFunction,
  RecoveryPoolOptions,
  RecoveryStrategy,
  RecoveryTable,
  ResolvedRecoveryOptions,
} from './options/recovery.js'
export type {
  ResolvedSandboxOptions,
  SandboxFsOptions,
  SandboxOptions,
  SandboxPoolOptions,
} from './options/sandbox.js'
export type {
  ResolvedScaling,
  ResolvedScalingPoolOptions,
  ScalingOptions,
  ScalingPoolOptions,
} from './options/scaling.js'
export type { ResolvedTracingPoolOptions, TracingPoolOptions } from './options/tracing.js'
export type { OutputInfo } from './output.js'
export { Pool } from './pool.js'
export type {
  PoolEvents,
  PoolWarning,
  RecycleInfo,
  ReloadInfo,
  ScaleInfo,
  WorkerExitInfo,
  WorkerHealthInfo,
  WorkerInfo,
} from './pool-events.js'
export type { HealthCheck, PoolHealth } from './pool-health.js'
export type { PoolOptions, ResolvedPoolOptions, StdioTarget } from './pool-options.js'
export type { Quarantine, QuarantinedTask, RerunOptions } from './quarantine.js'
export type { ReloadOptions } from './reload.js'
export type {
  Priority,
  RunOptions,
  RunSyncOptions,
  StreamOptions,
  TaskOptions,
  TaskStreamOptions,
} from './run-options.js'
export type { PoolSize } from './sizing.js'
export type {
  CurrentTask,
  DriverStats,
  PoolStats,
  RestartCounts,
  RestartReason,
  StatsOptions,
  WorkerHealth,
  WorkerStats,
} from './stats.js'
export type { StreamSource } from './task-source.js'
export type { ItemIterator } from './task-stream.js'
export type { StreamTask, Task, Tasks } from './task-types.js'
export type { ChannelMessages, PoolMessage, TaskMessage, TaskRetry, WorkerReadyInfo } from './tracing/messages.js'
