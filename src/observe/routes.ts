import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MetricsOptions } from '../host/metrics.js'
import type { HealthCheck } from '../host/pool-health.js'
import { Inquiries } from './inquiries.js'
import type { WatchedPool } from './watched-pool.js'

/** Something of the caller's that `/readyz` asks as well: returns what is in its way, or undefined; or throws it. */
export type ExtraCheck = () => string | undefined | Promise<string | undefined>

/** Checks of the caller's, and how long one may take, in milliseconds. */
export interface ExtraChecks {
  readonly checks: Readonly<Record<string, ExtraCheck>>
  readonly timeout: number
}

/** What answers a request. */
export type Route = (url: URL, response: ServerResponse) => void | Promise<void>

/** Prometheus's text format. */
const METRICS = 'text/plain; version=0.0.4; charset=utf-8'

/** `/livez` and `/readyz`, as Kubernetes asks: the status says it all, and `?verbose` tells what was looked at. */
export function healthRoutes(pool: WatchedPool, { checks, timeout }: ExtraChecks): Record<string, Route> {
  const extra = new Inquiries(timeout)
  return {
    '/livez': (url, response) => {
      answer('livez', pool.health().liveness, url, response)
    },
    '/readyz': async (url, response) => {
      const others = await extra.ask(checks)
      const { liveness, readiness } = pool.health()
      answer('readyz', [...liveness, ...readiness, ...others], url, response)
    },
  }
}

/** `/metrics`. */
export function metricsRoutes(pool: WatchedPool, options: MetricsOptions): Record<string, Route> {
  return {
    '/metrics': (_url, response) => {
      const text = pool.metrics(options)
      if (text === '') send(response, 503, 'the pool is closed\n')
      else send(response, 200, text, METRICS)
    },
  }
}

/** Finds who answers. Nothing but GET and HEAD is answered, and no error of ours leaves a request open. */
export async function dispatch(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = '/' } = request
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    send(response, 405, 'only GET and HEAD are answered here\n')
    return
  }
  // The part that counts is the path; what the client takes for our name does not matter.
  const parsed = URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined
  const route = parsed && (Object.hasOwn(routes, parsed.pathname) ? routes[parsed.pathname] : undefined)
  if (parsed === undefined || route === undefined) {
    send(response, 404, `there is ${Object.keys(routes).join(', ')}\n`)
    return
  }
  try {
    await route(parsed, response)
  } catch (error) {
    send(response, 500, `${String(error)}\n`)
  }
}

function answer(name: string, checks: readonly HealthCheck[], url: URL, response: ServerResponse): void {
  const ok = checks.every((check) => check.ok)
  const lines = checks.map(
    (check) => `[${check.ok ? '+' : '-'}]${check.name} ${check.ok ? 'ok' : 'failed'}: ${check.detail}\n`,
  )
  const verdict = `${name} check ${ok ? 'passed' : 'failed'}\n`
  const told = !ok || url.searchParams.has('verbose') ? `${lines.join('')}${verdict}` : 'ok\n'
  send(response, ok ? 200 : 503, told)
}

function send(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  response.end(text)
}
