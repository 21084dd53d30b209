/** The daemon: a pool as a service. */
export { type DaemonOptions, runDaemon } from './daemon.js'
export { Dashboard } from './dashboard/dashboard.js'
export type { Route } from './http/router.js'
export type { Logger } from './logger.js'
export { type ManagerAddress, takeManagerAddress } from './manager.js'
export { type Companion, Service, type ServiceOptions } from './service.js'
export { SERVICE_DEFAULTS, type ServiceSettings } from './settings.js'
export { Signals } from './signals.js'
