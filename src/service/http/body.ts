import type { IncomingMessage } from 'node:http'
import { parse } from '../../api/values.js'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { badRequest } from '../task-request.js'

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

/**
 * The body of a request.
 *
 * @param limit bytes
 * @throws ERR_HATCHERY_BODY_TOO_LARGE, as soon as it is known; ERR_HATCHERY_BAD_REQUEST if the client breaks off
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge(limit))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const onData = (chunk: Buffer) => {
      length += chunk.length
      if (length <= limit) {
        chunks.push(chunk)
        return
      }
      request.off('data', onData)
      request.pause()
      reject(tooLarge(limit))
    }
    request.on('data', onData)
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.once('error', () => reject(badRequest('The request broke off.')))
    request.once('close', () => reject(badRequest('The request broke off.')))
  })
}

/**
 * The body of a request that is JSON; undefined if it has none.
 *
 * @throws ERR_HATCHERY_BODY_TOO_LARGE, ERR_HATCHERY_BAD_REQUEST
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<any> {
  const type = bodyType(request)
  if (type === 'none') return undefined
  if (type === 'bytes') throw badRequest('The body must be application/json here.')
  return parseJson(await readBody(request, limit))
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
    throw badRequest(`The body is no JSON: ${(error as Error).message}.`)
  }
}

function tooLarge(limit: number): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.BODY_TOO_LARGE,
    `The body is larger than the ${limit} bytes that the daemon takes (max_body_size).`,
  )
}
