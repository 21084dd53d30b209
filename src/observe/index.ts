/**
 * Watching a pool: `import { serveMonitoring } from 'hatchery/observe'`.
 *
 * @packageDocumentation
 */
export { type Monitoring, type MonitoringOptions, serveMonitoring } from './monitoring.js'
export { type MetricsRegistry, registerMetrics } from './prom-client.js'
export type { ExtraCheck } from './routes.js'
export type { WatchedPool } from './watched-pool.js'
