import type { TaskRequest } from '../api/types.js'
import { badRequest, checkNames } from './bad-request.js'

const KEYS = [
  'name',
  'payload',
  'args',
  'priority',
  'timeout',
  'queueTimeout',
  'retries',
  'retryErrors',
  'id',
  'wait',
  'detach',
  'stream',
] as const satisfies readonly (keyof TaskRequest)[]

/** What an id is made of: it is a part of a path. */
const ID = /^[A-Za-z0-9._~-]{1,128}$/

/** Longest name of a function: pool and workers remember each that was ever called. */
const MAX_NAME = 256

/** Longest time that `setTimeout` takes, some 24 days. */
const MAX_WAIT = 0x7fff_ffff

/** A request, checked as far as it is the daemon's: the options of the task are the pool's. */
export interface CheckedRequest extends Omit<TaskRequest, 'wait'> {
  /** Milliseconds to wait for the result, Infinity for as long as it takes, 0 not at all. */
  readonly wait: number
}

/**
 * Checks the body of a request for a task.
 *
 * @throws ERR_HATCHERY_BAD_REQUEST
 */
export function checkRequest(body: unknown): CheckedRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('A task is a JSON object, such as {"name": "resize", "payload": {"width": 200}}.')
  }
  checkNames('field', 'a task', Object.keys(body), KEYS)
  const request = body as TaskRequest
  const { name, args, id, detach, stream } = request
  if (args !== undefined && !Array.isArray(args))
    throw badRequest('"args" must be an array: all arguments of the function.')
  if (args !== undefined && 'payload' in request) throw badRequest('A task has either "payload" or "args".')
  if (id !== undefined && (typeof id !== 'string' || !ID.test(id) || id === '.' || id === '..')) {
    throw badRequest('"id" must be 1 to 128 letters, digits and any of ". _ ~ -".')
  }
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > MAX_NAME)) {
    throw badRequest(`"name" must be the name of an export, at most ${MAX_NAME} characters.`)
  }
  checkFlag('detach', detach)
  checkFlag('stream', stream)
  return { ...request, wait: checkWait(request.wait) }
}

/**
 * A time to wait, of a body or a query.
 *
 * @throws ERR_HATCHERY_BAD_REQUEST
 */
export function checkWait(wait: unknown): number {
  if (wait === undefined || wait === false) return 0
  if (wait === true) return Infinity
  if (typeof wait === 'number' && wait >= 0) return wait > MAX_WAIT ? Infinity : wait
  throw badRequest('"wait" must be true, false or a time in milliseconds.')
}

/**
 * The request that a query makes, where the body is the payload.
 *
 * @throws ERR_HATCHERY_BAD_REQUEST
 */
export function requestOfQuery(query: URLSearchParams, payload: Buffer): CheckedRequest {
  const fields = Object.fromEntries([...query].map(([key, value]) => [key, valueOf(key, value)]))
  if ('payload' in fields || 'args' in fields)
    throw badRequest('The body is the payload here; the query cannot have it.')
  return checkRequest({ ...fields, payload })
}

/** In a query everything is text. */
export function valueOf(key: string, text: string): unknown {
  if (key === 'name' || key === 'id' || key === 'priority') return text
  if (text === '' || text === 'true') return true
  if (text === 'false') return false
  const number = Number(text)
  return Number.isNaN(number) ? text : number
}

function checkFlag(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') throw badRequest(`"${name}" must be true or false.`)
}
