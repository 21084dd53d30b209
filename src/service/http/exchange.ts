import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPassing, statusOf } from '../../api/status.js'
import { stringify } from '../../api/values.js'
import { encodeWireError } from '../../api/wire-error.js'

/** Seconds after which a client that was turned away may try again. */
const RETRY_AFTER = '1'

/** One request, and the way to answer it. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  /** What stands in the path where the route has a name: `id` for `/v1/tasks/:id`. */
  params: Readonly<Record<string, string>> = {}

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request
    this.response = response
    // The host is of no use here, and may be anything.
    this.url = new URL(request.url ?? '/', 'http://daemon')
  }

  get query(): URLSearchParams {
    return this.url.searchParams
  }

  /** Answers with JSON. */
  json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.text(status, stringify(value) ?? 'null', headers)
  }

  /** Answers with a text that is JSON. */
  text(status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#send(status, 'application/json; charset=utf-8', Buffer.from(`${text}\n`), headers)
  }

  /** Answers with bytes. */
  bytes(status: number, bytes: Buffer, headers: Readonly<Record<string, string>> = {}): void {
    this.#send(status, 'application/octet-stream', bytes, headers)
  }

  /** Answers with a file. */
  file(type: string, content: Buffer, headers: Readonly<Record<string, string>>): void {
    this.#send(200, type, content, headers)
  }

  /** Answers with an error; with the status that goes with its code, unless another one is given. */
  fail(error: unknown, headers: Readonly<Record<string, string>> = {}, given?: number): void {
    const told = encodeWireError(error)
    const status = given ?? statusOf(told.code)
    const retry = isPassing(status) ? { 'retry-after': RETRY_AFTER } : {}
    this.json(status, { error: told }, { ...retry, ...headers })
  }

  #send(status: number, type: string, body: Buffer, headers: Readonly<Record<string, string>>): void {
    const { response } = this
    // The client has gone, or is being answered already.
    if (response.headersSent || response.destroyed) return
    response.writeHead(status, {
      'content-type': type,
      'content-length': body.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    response.end(this.request.method === 'HEAD' ? undefined : body)
  }
}
