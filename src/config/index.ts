/**
 * `hatchery/config`: one JSON file for a pool and its daemon, checked, overridden by the environment, and read anew while
 * the pool runs.
 *
 * @packageDocumentation
 */
export type { AttemptInfo, HatcheryErrorCode, HatcheryErrorDetails } from '../errors/index.js'
export { applyConfig, type ConfigHandlers, type ConfigReport } from './apply.js'
export type { Config, ConfigEntry, LoggingConfig, MonitoringConfig, ServiceConfig } from './config.js'
export { type ConfigChange, diffConfig } from './diff.js'
export { variableFor } from './environment.js'
export { LiveConfig, type LiveConfigOptions } from './live.js'
export { type LoadOptions, loadConfig } from './load.js'
export { type ConfigError, type ConfigProblem, showSource, type ValueSource } from './problems.js'
export type { Apply } from './schema/node.js'
export { publish as configSchema } from './schema/publish.js'
