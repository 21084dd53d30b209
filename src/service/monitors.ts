import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { type Monitoring, serveMonitoring } from '../observe/index.js'
import type { Companion, Service } from './service.js'

/** Where a daemon's metrics and health are served; undefined: not. */
export interface MonitorSettings {
  readonly host: string
  readonly metricsPort: number | undefined
  readonly healthCheckPort: number | undefined
}

/** The daemon's servers for Prometheus, and for whoever asks how it is. They begin before it is ready, and end after its pool. */
export class Monitors implements Companion {
  readonly #settings: MonitorSettings
  readonly #name: string
  #monitoring: Monitoring | undefined

  /** @param name of the pool, a label of its metrics */
  constructor(settings: MonitorSettings, name: string) {
    this.#settings = settings
    this.#name = name
  }

  /** @throws ERR_HATCHERY_ADDRESS_IN_USE */
  async start(service: Service): Promise<void> {
    const { host, metricsPort, healthCheckPort: healthPort } = this.#settings
    if (metricsPort === undefined && healthPort === undefined) return
    const monitoring = serveMonitoring(service.pool, {
      host,
      metricsPort,
      healthPort,
      labels: { pool: this.#name },
      checks: {
        daemon: () => (service.stopping ? 'stopping' : service.tasks.quiet ? 'quiet: it takes no tasks' : undefined),
      },
    })
    this.#monitoring = await monitoring.catch((cause) => {
      throw withAdvice(cause)
    })
    const { metricsPort: metrics, healthPort: health } = this.#monitoring
    service.logger.info({ host, metrics, health }, 'metrics and health are served')
  }

  async close(): Promise<void> {
    const monitoring = this.#monitoring
    this.#monitoring = undefined
    await monitoring?.close()
  }
}

/** Two daemons on one machine want the same ports unless somebody says otherwise. */
function withAdvice(cause: unknown): unknown {
  if (!(cause instanceof HatcheryError) || cause.code !== ERROR_CODES.ADDRESS_IN_USE) return cause
  const advice =
    '--metrics-port and --health-port (monitoring.metrics_port, health_check_port) choose others; false: none'
  return new HatcheryError(cause.code, `${cause.message}. ${advice}.`, undefined, { cause })
}
