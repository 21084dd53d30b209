import type { IncomingMessage } from 'node:http'
import { parse } from '../../api/values.js'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { badRequest } from '../bad-request.js'
import type { BodyBudget, BodyShare } from './body-budget.js'

/** Media types of bodies. */
export type BodyType = 'json' | 'bytes' | 'none'

/**
 * What kind of body a request has.
 *
 * @throws ERR_HATCHERY_BAD_REQUEST for any other: that of a form of another site, above all
 */
export function bodyType(request: IncomingMessage): BodyType {
  const type = request.headers['content-type']?.replace(/;.*/s, '').trim().toLowerCase()
  if (type === 'application/json') return 'json'
  if (type === 'application/octet-stream') return 'bytes'
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  if (encoding === undefined && (length === undefined || length === '0')) return 'none'
  throw badRequest(
    `A body is application/json or application/octet-stream, and must say so; this one says ${type ?? 'nothing'}. With curl: ` +
      '--json DATA, or -H "content-type: application/octet-stream" --data-binary @FILE.',
  )
}

/** Most bytes of a body that says what is to be done with the pool: those are few, and no load is to keep them out. */
const MAX_COMMAND = 64 * 1024

/** Whether a body is asked for before it is known what it is for: no load keeps out what may be a command. */
export function isWelcome(request: IncomingMessage, budget: BodyBudget): boolean {
  const length = lengthOf(request)
  return length <= MAX_COMMAND || (length <= budget.maxBodySize && !budget.isTooMuch(length))
}

/**
 * The body of a request for a task.
 *
 * @param share is counted up as it comes; whoever has opened it releases it
 * @throws ERR_HATCHERY_BODY_TOO_LARGE and ERR_HATCHERY_QUEUE_FULL, as soon as it is known; ERR_HATCHERY_BAD_REQUEST if the
 * client breaks off
 */
export async function readBody(request: IncomingMessage, budget: BodyBudget, share: BodyShare): Promise<Buffer> {
  const length = lengthOf(request)
  if (length > budget.maxBodySize) throw tooLarge(budget.maxBodySize)
  if (budget.isTooMuch(length)) throw budget.refusal()
  return collect(request, budget.maxBodySize, (bytes) => share.add(bytes))
}

/** @param onBytes told of what comes; what it throws ends it */
function collect(request: IncomingMessage, limit: number, onBytes?: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const onData = (chunk: Buffer) => {
      length += chunk.length
      try {
        if (length > limit) throw tooLarge(limit)
        onBytes?.(chunk.length)
        chunks.push(chunk)
      } catch (error) {
        request.off('data', onData)
        // The rest is read, and not kept: whoever is still sending would not see why it is refused if the connection ended.
        request.resume()
        reject(error)
      }
    }
    request.on('data', onData)
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', () => reject(badRequest('The request broke off.')))
    request.once('close', () => reject(badRequest('The request broke off.')))
  })
}

/**
 * The JSON of a request about the pool; undefined if it has none.
 *
 * @throws ERR_HATCHERY_BODY_TOO_LARGE, ERR_HATCHERY_BAD_REQUEST
 */
export async function readCommand(request: IncomingMessage): Promise<any> {
  const type = bodyType(request)
  if (type === 'none') return undefined
  if (type === 'bytes') throw badRequest('The body must be application/json here.')
  if (lengthOf(request) > MAX_COMMAND) throw tooLarge(MAX_COMMAND)
  return parseJson(await collect(request, MAX_COMMAND))
}

/**
 * The value of a body.
 *
 * @throws ERR_HATCHERY_BAD_REQUEST
 */
export function parseJson(body: Buffer): any {
  try {
    return parse(body.toString())
  } catch (error) {
    const why = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message
    throw badRequest(`The body is no JSON that can be taken: ${why}.`)
  }
}

/** As its request says beforehand; 0 if it does not. */
function lengthOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? 0)
}

function tooLarge(limit: number): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.BODY_TOO_LARGE,
    `The body is larger than the ${limit} bytes that the daemon takes${limit === MAX_COMMAND ? ' here' : ' (max_body_size)'}.`,
  )
}
