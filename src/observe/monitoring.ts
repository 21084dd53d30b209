import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { checkInteger, checkKeys, checkText } from '../host/check.js'
import { checkLabels, type MetricsOptions } from '../host/metrics.js'
import { dispatch, type ExtraCheck, healthRoutes, metricsRoutes, type Route } from './routes.js'
import type { WatchedPool } from './watched-pool.js'

/** Options of {@link serveMonitoring}. Ports: 0 = any that is free; `undefined` = no such server. One at least must be given. */
export interface MonitoringOptions extends MetricsOptions {
  /** Where `/metrics` is served. */
  metricsPort?: number | undefined
  /** Where `/livez` and `/readyz` are; if it is the same as `metricsPort`, one server has all of them. */
  healthPort?: number | undefined
  /** Address to listen at. Default `'127.0.0.1'`: what is not of this machine sees nothing. */
  host?: string | undefined
  /** What else `/readyz` asks, by name. */
  checks?: Readonly<Record<string, ExtraCheck>> | undefined
  /**
   * Milliseconds that one of `checks` may take. One that takes longer is in the way, and is not called again until it has answered.
   * Default 5000.
   */
  checkTimeout?: number | undefined
}

/** Servers that run. They do not keep the process alive. */
export interface Monitoring {
  /** Port of `/metrics`. */
  readonly metricsPort: number | undefined
  /** Port of `/livez` and `/readyz`. */
  readonly healthPort: number | undefined
  /** Stops them; settles once they are gone. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const KEYS: ReadonlySet<string> = new Set([
  'metricsPort',
  'healthPort',
  'host',
  'checks',
  'checkTimeout',
  'labels',
] satisfies (keyof MonitoringOptions)[])

/** Longest that a client may take to ask, in milliseconds: nobody of ours is slow. */
const PATIENCE = 10_000

const CHECK_TIMEOUT = 5_000
/** Longest time that timers take, some 24 days. */
const MAX_TIMER = 0x7fff_ffff

/** Connections that one server takes at a time: they must not cost the pool the descriptors that it needs. */
const MAX_CONNECTIONS = 32

/**
 * Serves the metrics of a pool and its health over HTTP: `/metrics` for Prometheus, `/livez` and `/readyz` (with `?verbose`)
 * for whoever restarts or sends work. It does not close with the pool, so that it can tell that it is closed.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_ADDRESS_IN_USE if a port is taken, ERR_HATCHERY_ADDRESS_UNAVAILABLE if one
 * cannot be had otherwise; then none is served
 */
export async function serveMonitoring(pool: WatchedPool, options: MonitoringOptions): Promise<Monitoring> {
  checkKeys('serveMonitoring', options, KEYS)
  const { host = '127.0.0.1', checks = {}, checkTimeout = CHECK_TIMEOUT, labels } = options
  checkText('host', host)
  checkInteger('checkTimeout', checkTimeout, 1, MAX_TIMER)
  checkLabels({ labels })
  const metricsPort = checkPort('metricsPort', options.metricsPort)
  const healthPort = checkPort('healthPort', options.healthPort)
  if (metricsPort === undefined && healthPort === undefined) {
    const example = '{ metricsPort: 9090, healthPort: 8080 }'
    throw new HatcheryError(
      ERROR_CODES.INVALID_OPTION,
      `serveMonitoring has nothing to serve: give metricsPort, healthPort or both, such as ${example}; 0 takes any port that is free.`,
    )
  }
  const servers: Server[] = []
  const serve = async (name: string, port: number, routes: Record<string, Route>): Promise<number> => {
    const server = await listen(name, host, port, routes)
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const health = healthRoutes(pool, { checks, timeout: checkTimeout })
  const metrics = metricsRoutes(pool, { labels })
  const shared = metricsPort !== undefined && metricsPort === healthPort && metricsPort !== 0
  try {
    const first =
      metricsPort === undefined
        ? undefined
        : await serve('metrics', metricsPort, shared ? { ...metrics, ...health } : metrics)
    const second = shared || healthPort === undefined ? undefined : await serve('health', healthPort, health)
    const close = () => stop(servers)
    return Object.freeze({
      metricsPort: first,
      healthPort: shared ? first : second,
      close,
      [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]: close,
    }) as Monitoring
  } catch (error) {
    await stop(servers)
    throw error
  }
}

function checkPort(option: string, port: number | undefined): number | undefined {
  return port === undefined ? undefined : checkInteger(option, port, 0, 65_535)
}

async function listen(name: string, host: string, port: number, routes: Record<string, Route>): Promise<Server> {
  const server = createServer({ headersTimeout: PATIENCE, requestTimeout: PATIENCE }, (request, response) => {
    void dispatch(routes, request, response)
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw unavailable(name, host, port, error)
    const message = `the port ${port} of ${host}, for ${name}, is in use; choose another one, or end what listens there`
    throw new HatcheryError(ERROR_CODES.ADDRESS_IN_USE, message, undefined, { cause: error })
  }
  server.unref()
  return server
}

/** An address that is none of this machine's, a port that needs privileges. */
function unavailable(name: string, host: string, port: number, cause: unknown): HatcheryError {
  const message = `${name} cannot be served on port ${port} of ${host}: ${(cause as Error).message}`
  return new HatcheryError(ERROR_CODES.ADDRESS_UNAVAILABLE, message, undefined, { cause })
}

async function stop(servers: readonly Server[]): Promise<void> {
  const stopped = servers.map(async (server) => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  await Promise.all(stopped)
}
