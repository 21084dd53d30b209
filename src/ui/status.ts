/** The figures of the daemon, as `GET /v1/stats` tells them. */
import type { PoolStats } from '../host/stats.js'

export interface ServiceStats {
  readonly pid: number
  readonly uptime: number
  readonly quiet: boolean
  readonly stopping: boolean
  readonly connections: number
  readonly tasks: { readonly pending: number; readonly kept: number; readonly keptBytes: number }
  readonly crashes: number
  readonly minWorkers: number
  readonly maxWorkers: number
  readonly concurrency: number
}

export type DaemonStats = PoolStats & { readonly service: ServiceStats }
