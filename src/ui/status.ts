/** The figures of the daemon, as `GET /v1/stats` tells them. */
import type { ServiceStats } from '../api/types.js'
import type { PoolStats } from '../host/stats.js'

/** Those of the pool are all there, since page and daemon come in one package. */
export type DaemonStats = PoolStats & { readonly service: ServiceStats }
