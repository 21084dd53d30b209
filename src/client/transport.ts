import { Agent, type IncomingMessage, request } from 'node:http'
import { parse } from '../api/values.js'
import { decodeWireError, type WireError } from '../api/wire-error.js'
import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import type { ClientOptions } from './options.js'

/** One request. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: string | Uint8Array | undefined
  /** What the answer is wanted as; JSON, or bytes where that is what it is. */
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** An answer that was read. */
export interface Answer {
  readonly status: number
  /** Bytes, or what the JSON says. */
  readonly value: any
}

const MAX_CONNECTIONS = 64
const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'

/** Requests to one daemon, over connections that are kept. */
export class Transport {
  readonly #agent: Agent
  readonly #target: { socketPath: string } | { host: string; port: number }
  readonly #token: string | undefined
  /** For messages. */
  readonly #name: string

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  constructor(address: string | URL, { token, maxConnections = MAX_CONNECTIONS }: ClientOptions) {
    // Files end with a line break, which is no part of it.
    const word = typeof token === 'string' ? token.trim() : token
    if (word !== undefined && !(typeof word === 'string' && /^[\x21-\x7e]+$/.test(word))) {
      // Without it: an error is often logged.
      throw invalid('"token" must be one word, as the token file has it.')
    }
    if (!(maxConnections === Infinity || (Number.isInteger(maxConnections) && maxConnections >= 1))) {
      throw invalid(`"maxConnections" must be a number from 1 on; received ${String(maxConnections)}.`)
    }
    this.#name = String(address)
    this.#target = targetOf(address)
    this.#token = word
    this.#agent = new Agent({ keepAlive: true, maxSockets: maxConnections })
  }

  /**
   * Makes a request and reads its answer.
   *
   * @throws what the daemon says, ERR_HATCHERY_UNREACHABLE, or the reason of the signal
   */
  async call(call: Call): Promise<Answer> {
    const response = await this.open(call)
    const body = await readAll(response).catch((error) => Promise.reject(this.#lost(error, call.signal)))
    const value = response.headers['content-type'] === BYTES_TYPE ? body : parseBody(body)
    return { status: response.statusCode!, value }
  }

  /**
   * Makes a request whose answer comes bit by bit.
   *
   * @throws as {@link call}
   */
  async open(call: Call): Promise<IncomingMessage> {
    const response = await this.#send(call)
    if (response.statusCode! < 400) return response
    const body = await readAll(response).catch((error) => Promise.reject(this.#lost(error, call.signal)))
    throw errorOf(parseBody(body), response.statusCode!)
  }

  /** An error that says that the daemon was lost; or why the caller did not want to go on. */
  lost(cause: unknown, signal?: AbortSignal): unknown {
    return this.#lost(cause, signal)
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy()
  }

  #send(call: Call): Promise<IncomingMessage> {
    const { method, path, body, accept = JSON_TYPE, signal } = call
    signal?.throwIfAborted()
    const type = typeof body === 'string' ? JSON_TYPE : BYTES_TYPE
    const headers = {
      accept,
      ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...call.headers,
    }
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.#target, method, path, headers, agent: this.#agent, ...(signal && { signal }) })
      sent.once('response', resolve)
      // Again and again: one of an answer that is read may come after one of the request.
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that was kept, and that the daemon has closed meanwhile: what it has not heard can be said again.
        if (sent.reusedSocket && error.code === 'ECONNRESET' && method === 'GET') resolve(this.#send(call))
        else reject(this.#lost(error, signal))
      })
      sent.end(body)
    })
  }

  #lost(cause: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason
    const { code, message } = cause as NodeJS.ErrnoException
    const reason = code === 'ENOENT' || code === 'ECONNREFUSED' ? 'nobody listens there; is it running?' : `${message}.`
    const text = `The daemon at ${this.#name} cannot be reached: ${reason}`
    return new HatcheryError(ERROR_CODES.UNREACHABLE, text, undefined, { cause })
  }
}

function targetOf(address: string | URL): { socketPath: string } | { host: string; port: number } {
  const text = String(address)
  if (!/^[a-z]+:/i.test(text)) {
    if (text !== '') return { socketPath: text }
  } else if (URL.canParse(text)) {
    const { protocol, hostname, port, pathname } = new URL(text)
    if (protocol === 'unix:') return { socketPath: decodeURIComponent(pathname) }
    // `node:http` wants the address of IPv6 without its brackets.
    if (protocol === 'http:') return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) }
  }
  throw invalid(`The address of a daemon is the path of its socket or an http: URL; received "${text}".`)
}

function invalid(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
}

async function readAll(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function parseBody(body: Buffer): any {
  try {
    return parse(body.toString())
  } catch {
    return undefined
  }
}

function errorOf(body: { error?: WireError } | undefined, status: number): unknown {
  if (typeof body?.error?.code === 'string') return decodeWireError(body.error)
  return new HatcheryError(ERROR_CODES.UNREACHABLE, `What answers there (status ${status}) is no Hatchery daemon.`)
}
