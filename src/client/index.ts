/**
 * The client of the daemon: `import { connect } from 'hatchery/client'`.
 *
 * @packageDocumentation
 */
export type {
  CrashInfo,
  DaemonStats,
  QuarantineInfo,
  ServiceStats,
  SizeInfo,
  TaskEventData,
  TaskInfo,
  TaskList,
  TaskState,
} from '../api/types.js'
export { ERROR_CODES, type HatcheryErrorCode } from '../errors/codes.js'
export { HatcheryError } from '../errors/hatchery-error.js'
export { Client, connect } from './client.js'
export type { DaemonEvent, ItemStream, TaskEvent } from './events.js'
export type {
  ClientOptions,
  EventOptions,
  RequestOptions,
  RunOptions,
  StreamOptions,
  SubmitOptions,
  WaitOptions,
} from './options.js'
export type { RemoteTask, RemoteTasks } from './tasks.js'
