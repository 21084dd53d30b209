/** Submitting, waiting, cancelling, following. */
import type { TaskState } from '../../api/types.js'
import { inContextOf } from '../../tracing/request-headers.js'
import { badRequest } from '../bad-request.js'
import { bodyType, parseJson, readBody } from '../http/body.js'
import type { BodyBudget, BodyShare } from '../http/body-budget.js'
import { EventResponse } from '../http/event-response.js'
import type { Exchange } from '../http/exchange.js'
import type { Route } from '../http/router.js'
import type { ServiceTask } from '../task.js'
import type { TaskRegistry } from '../task-registry.js'
import { type CheckedRequest, checkRequest, checkWait, requestOfQuery, valueOf } from '../task-request.js'

/** Tasks in a list, unless it is told otherwise; and at most. */
const LIST = [100, 1000] as const
const STATES: ReadonlySet<string> = new Set([
  'queued',
  'running',
  'completed',
  'failed',
  'cancelled',
] satisfies TaskState[])

/** The paths below `/v1/tasks`. */
export function taskRoutes(tasks: TaskRegistry, budget: BodyBudget): Route[] {
  return [
    { method: 'POST', path: '/v1/tasks', query: 'any', handle: (exchange) => submit(exchange, tasks, budget) },
    { method: 'GET', path: '/v1/tasks', query: ['state', 'limit'], handle: (exchange) => list(exchange, tasks) },
    { method: 'GET', path: '/v1/tasks/:id', query: ['wait'], handle: (exchange) => look(exchange, tasks) },
    { method: 'DELETE', path: '/v1/tasks/:id', query: ['reason'], handle: (exchange) => remove(exchange, tasks) },
    {
      method: 'GET',
      path: '/v1/tasks/:id/events',
      query: ['last-event-id'],
      handle: (exchange) => follow(exchange, tasks),
    },
  ]
}

async function submit(exchange: Exchange, tasks: TaskRegistry, budget: BodyBudget): Promise<void> {
  const { request, response } = exchange
  const submitted = await readAndSubmit(exchange, tasks, budget)
  if (submitted === undefined) return
  const { task, wait, claimed, following } = submitted
  // Answered is what was sent whole; anything else was not heard to its end.
  const onClose = () => response.writableFinished || tasks.cancel(task, 'The client has disconnected.')
  if (claimed) response.once('close', onClose)
  if (following) return sendEvents(exchange, task)
  const settled = wait > 0 && (await settledWithin(task, wait, exchange))
  // Cancelled, or it will be, and there is nobody to tell.
  if (response.destroyed) return
  if (settled || (claimed && task.isSettled)) return answer(exchange, task, bodyType(request) === 'bytes')
  // From now on nobody waits for it, and its result is kept.
  tasks.unclaim(task)
  response.off('close', onClose)
  if (await isRefused(task)) {
    tasks.forget(task)
    return exchange.fail(task.error)
  }
  exchange.text(202, task.describe(true), { location: `/v1/tasks/${task.id}` })
}

/** A task that a client has submitted, and what it wants to hear of it. */
interface Submitted {
  readonly task: ServiceTask
  /** Milliseconds. */
  readonly wait: number
  /** Its result goes to this client, and to nobody else. */
  readonly claimed: boolean
  /** Its events are the answer. */
  readonly following: boolean
}

/** Undefined: the client has gone while it sent this, and nobody wants the answer. */
async function readAndSubmit(
  exchange: Exchange,
  tasks: TaskRegistry,
  budget: BodyBudget,
): Promise<Submitted | undefined> {
  const share = budget.open()
  try {
    const body = await readRequest(exchange, budget, share)
    const { wait, detach } = body
    const { response } = exchange
    const following = accepts(exchange, 'text/event-stream')
    const claimed = (following || wait > 0) && detach !== true
    if (claimed && response.destroyed) {
      share.release()
      return undefined
    }
    if (following && !response.destroyed) response.once('close', tasks.follow())
    const task = inContextOf(exchange.request.headers, () => tasks.submit(body, claimed))
    // Until then the pool has what the body says.
    task.onSettled(share.release)
    return { task, wait, claimed, following }
  } catch (error) {
    share.release()
    throw error
  }
}

async function readRequest(exchange: Exchange, budget: BodyBudget, share: BodyShare): Promise<CheckedRequest> {
  const { request, query } = exchange
  const type = bodyType(request)
  if (type === 'none') throw badRequest('A task has a body, such as {"name": "resize", "payload": {"width": 200}}.')
  const [inQuery] = query.keys()
  if (type === 'json' && inQuery !== undefined) {
    throw badRequest(`"${inQuery}" stands in the query; with a body of JSON it is a field of that: {"${inQuery}": …}.`)
  }
  const body = await readBody(request, budget, share)
  return type === 'json' ? checkRequest(parseJson(body)) : requestOfQuery(query, body)
}

function list(exchange: Exchange, tasks: TaskRegistry): void {
  const { query } = exchange
  const state = query.get('state')
  if (state !== null && !STATES.has(state)) throw badRequest(`"state" must be one of ${[...STATES].join(', ')}.`)
  const limit = Number(query.get('limit') ?? LIST[0])
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST[1])
    throw badRequest(`"limit" must be from 1 to ${LIST[1]}.`)
  const chosen = tasks.list().filter((task) => state === null || task.state === state)
  const texts = chosen.slice(0, limit).map((task) => task.describe(false))
  exchange.text(200, `{"pending":${tasks.pending},"kept":${tasks.kept},"tasks":[${texts.join(',')}]}`)
}

async function look(exchange: Exchange, tasks: TaskRegistry): Promise<void> {
  const { params, query } = exchange
  const task = tasks.get(params['id']!)
  const wait = checkWait(query.has('wait') ? valueOf('wait', query.get('wait')!) : undefined)
  if (wait > 0 && !task.isSettled) await settledWithin(task, wait, exchange)
  if (task.isSettled && accepts(exchange, 'application/octet-stream')) return answer(exchange, task, true)
  exchange.text(200, task.describe(true))
}

async function remove(exchange: Exchange, tasks: TaskRegistry): Promise<void> {
  const task = tasks.remove(exchange.params['id']!, exchange.query.get('reason') ?? undefined)
  // What was cancelled says so at once; its worker may take longer.
  await task.settled
  exchange.text(200, task.describe(false))
}

function follow(exchange: Exchange, tasks: TaskRegistry): void {
  const task = tasks.get(exchange.params['id']!)
  exchange.response.once('close', tasks.follow(task))
  sendEvents(exchange, task)
}

/** Events from the one after that which the client has had last. */
function sendEvents({ request, response, query }: Exchange, task: ServiceTask): void {
  // The client has gone while its request was read.
  if (response.destroyed) return
  const last = Number(request.headers['last-event-id'] ?? query.get('last-event-id') ?? 0)
  response.setHeader('x-hatchery-task', task.id)
  new EventResponse(response, task.events, Number.isInteger(last) && last > 0 ? last : 0).start()
}

/** What a task has come to: its result by itself if that is bytes and `raw` is wanted, else all that is known of it. */
function answer(exchange: Exchange, task: ServiceTask, raw: boolean): void {
  const headers = { 'x-hatchery-task': task.id }
  const { bytes } = task
  if (task.state !== 'completed') exchange.fail(task.error, headers)
  else if (bytes !== undefined && (raw || accepts(exchange, 'application/octet-stream'))) {
    exchange.bytes(200, bytes, headers)
  } else exchange.text(200, task.describe(true), headers)
}

function accepts({ request }: Exchange, type: string): boolean {
  return request.headers.accept?.includes(type) === true
}

/** Whether the pool has turned the task down as it was submitted: then that is the answer, and no task. */
async function isRefused(task: ServiceTask): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve))
  return task.state === 'failed'
}

/** Whether the task settles in that time; no longer than the client is there. */
function settledWithin(task: ServiceTask, milliseconds: number, { response }: Exchange): Promise<boolean> {
  if (task.isSettled) return Promise.resolve(true)
  return new Promise((resolve) => {
    const settle = (settled: boolean) => {
      clearTimeout(timer)
      response.off('close', onClose)
      forget()
      resolve(settled)
    }
    const onClose = () => settle(false)
    const timer = milliseconds === Infinity ? undefined : setTimeout(settle, milliseconds, false)
    response.once('close', onClose)
    const forget = task.onSettled(() => settle(true))
  })
}
