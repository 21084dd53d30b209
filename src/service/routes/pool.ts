/** The pool as a whole, and its workers. */
import type { CrashInfo, QuarantineInfo, SizeInfo } from '../../api/types.js'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import type { Pool, PoolSize, QuarantinedTask } from '../../host/index.js'
import { badRequest, checkNames } from '../bad-request.js'
import { readCommand } from '../http/body.js'
import type { Exchange } from '../http/exchange.js'
import type { Route } from '../http/router.js'
import type { TaskRegistry } from '../task-registry.js'

/** What these paths act on. */
export interface PoolParts {
  readonly pool: Pool
  readonly tasks: TaskRegistry
  /** What `GET /v1/stats` says. */
  stats(): object
  /** Takes no more tasks until it is resumed. */
  quiet(): void
  resume(): void
  /** Fulfilled once no task is pending. */
  idle(): Promise<void>
}

/** The paths that are not about tasks. */
export function poolRoutes(parts: PoolParts): Route[] {
  const { pool } = parts
  return [
    { method: 'GET', path: '/v1/stats', handle: (exchange) => exchange.json(200, parts.stats()) },
    { method: 'POST', path: '/v1/pool/resize', handle: (exchange) => resize(exchange, parts) },
    { method: 'POST', path: '/v1/pool/reload', handle: (exchange) => act(exchange, parts, () => pool.reload()) },
    { method: 'POST', path: '/v1/pool/recycle', handle: (exchange) => recycle(exchange, parts) },
    {
      method: 'POST',
      path: '/v1/pool/quiet',
      handle: (exchange) => act(exchange, parts, async () => parts.quiet()),
    },
    {
      method: 'POST',
      path: '/v1/pool/resume',
      handle: (exchange) => act(exchange, parts, async () => parts.resume()),
    },
    { method: 'POST', path: '/v1/pool/drain', handle: (exchange) => act(exchange, parts, () => drain(parts)) },
    { method: 'POST', path: '/v1/workers/:id/restart', handle: (exchange) => restart(exchange, parts) },
    { method: 'GET', path: '/v1/quarantine', handle: (exchange) => exchange.json(200, quarantineOf(pool)) },
    { method: 'DELETE', path: '/v1/quarantine/:id', handle: (exchange) => release(exchange, pool) },
    { method: 'GET', path: '/v1/crashes', handle: (exchange) => exchange.json(200, crashesOf(pool)) },
  ]
}

/** What is pending after something was done, so that one sees what it has led to. */
function outcome({ pool, tasks }: PoolParts): object {
  const { minWorkers, maxWorkers } = pool.options
  return { minWorkers, maxWorkers, quiet: tasks.quiet, pending: tasks.pending } satisfies SizeInfo &
    Record<string, unknown>
}

/** Does something, and answers when it is done, or at once if the body says `"wait": false`. */
async function act(exchange: Exchange, parts: PoolParts, action: () => Promise<unknown>): Promise<void> {
  const body = await readOptions(exchange, ['wait'])
  await actAs(exchange, parts, body, action)
}

async function actAs(
  exchange: Exchange,
  parts: PoolParts,
  { wait = true }: { wait?: unknown },
  action: () => Promise<unknown>,
): Promise<void> {
  if (typeof wait !== 'boolean') throw badRequest('"wait" must be true or false.')
  const done = action()
  if (wait) {
    await done
    exchange.json(200, outcome(parts))
    return
  }
  // What cannot be at all is known by then.
  let failure: { error: unknown } | undefined
  done.catch((error) => {
    failure = { error }
  })
  await new Promise((resolve) => setImmediate(resolve))
  if (failure !== undefined) throw failure.error
  exchange.json(202, outcome(parts))
}

async function resize(exchange: Exchange, parts: PoolParts): Promise<void> {
  const body = await readOptions(exchange, ['workers', 'min', 'max', 'wait'])
  const { workers, min, max } = body
  if ((workers === undefined) === (min === undefined && max === undefined)) {
    throw badRequest('A size is {"workers": 4}, or bounds of it: {"min": 2, "max": 8}.')
  }
  await actAs(exchange, parts, body, () => parts.pool.resize((workers ?? { min, max }) as number | PoolSize))
}

async function recycle(exchange: Exchange, { pool }: PoolParts): Promise<void> {
  await readOptions(exchange, [])
  exchange.json(202, { workers: pool.recycle() })
}

async function restart(exchange: Exchange, { pool }: PoolParts): Promise<void> {
  await readOptions(exchange, [])
  const id = Number(exchange.params['id'])
  if (!Number.isInteger(id) || id < 1 || pool.recycle(id) === 0) {
    throw new HatcheryError(
      ERROR_CODES.NOT_FOUND,
      `There is no worker ${exchange.params['id']}, or it is leaving already.`,
    )
  }
  exchange.json(202, { workers: 1 })
}

async function drain({ quiet, idle }: PoolParts): Promise<void> {
  quiet()
  await idle()
}

function quarantineOf(pool: Pool): { tasks: QuarantineInfo[] } {
  return { tasks: [...pool.quarantine].map(describeQuarantined) }
}

function describeQuarantined(task: QuarantinedTask): QuarantineInfo {
  const { id, taskName, priority, timeout, attempts, quarantinedAt } = task
  return {
    id,
    taskName,
    priority,
    ...(timeout !== undefined && { timeout }),
    attempts: attempts.map((attempt) => ({ ...attempt, at: attempt.at.toISOString() })),
    quarantinedAt: quarantinedAt.toISOString(),
  }
}

function release(exchange: Exchange, pool: Pool): void {
  const id = Number(exchange.params['id'])
  if (!Number.isInteger(id) || !pool.quarantine.remove(id)) {
    throw new HatcheryError(ERROR_CODES.NOT_FOUND, `There is no task ${exchange.params['id']} in quarantine.`)
  }
  exchange.json(200, quarantineOf(pool))
}

/** The latest crashes of workers, oldest first. */
function crashesOf(pool: Pool): { crashes: CrashInfo[] } {
  return { crashes: pool.crashes.map(({ at, ...crash }) => ({ ...crash, at: at.toISOString() })) }
}

async function readOptions(exchange: Exchange, known: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = (await readCommand(exchange.request)) ?? {}
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The body must be a JSON object.')
  checkNames('field', exchange.url.pathname, Object.keys(body), known)
  return body as Readonly<Record<string, unknown>>
}
