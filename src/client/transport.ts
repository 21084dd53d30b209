import { Agent, type IncomingMessage, request } from 'node:http'
import { request as requestByTls, Agent as TlsAgent } from 'node:https'
import { parse } from '../api/values.js'
import { decodeWireError, type WireError } from '../api/wire-error.js'
import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import { headersOfContext } from '../tracing/request-headers.js'
import { type ClientOptions, checkOptions } from './options.js'

/** One request. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: string | Uint8Array | undefined
  /** What the answer is wanted as; JSON, or bytes where that is what it is. */
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** It is answered when a task ends, or bit by bit. */
  readonly lasts?: boolean
}

/** An answer that was read. */
export interface Answer {
  readonly status: number
  /** Bytes, or what the JSON says. */
  readonly value: any
}

const MAX_CONNECTIONS = 64
/** For calls that are answered at once. */
const MAX_BRIEF = 8
const JSON_TYPE = 'application/json'
const BYTES_TYPE = 'application/octet-stream'

/** Requests to one daemon, over connections that are kept. */
export class Transport {
  /** Of calls that last, and of others: a `cancel` must not wait behind the tasks that it is about. */
  readonly #lasting: Agent
  readonly #brief: Agent
  readonly #target: Target
  readonly #token: string | undefined
  /** For messages. */
  readonly #name: string

  /** @throws ERR_HATCHERY_INVALID_OPTION */
  constructor(address: string | URL, options: ClientOptions) {
    checkOptions('connect', options)
    const { token, maxConnections = MAX_CONNECTIONS } = options
    // Files end with a line break, which is no part of it.
    const word = typeof token === 'string' ? token.trim() : token
    if (word !== undefined && !(typeof word === 'string' && /^[\x21-\x7e]+$/.test(word))) {
      // Without it: an error is often logged.
      throw invalid('"token" must be one word, as the token file has it.')
    }
    if (!(maxConnections === Infinity || (Number.isInteger(maxConnections) && maxConnections >= 1))) {
      throw invalid(`"maxConnections" must be a number from 1 on; received ${String(maxConnections)}.`)
    }
    this.#target = targetOf(address)
    this.#name = nameOf(address)
    this.#token = word
    this.#lasting = this.#makeAgent(maxConnections)
    this.#brief = this.#makeAgent(Math.min(maxConnections, MAX_BRIEF))
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
    this.#lasting.destroy()
    this.#brief.destroy()
  }

  #makeAgent(maxSockets: number): Agent {
    const kept = { keepAlive: true, maxSockets }
    return this.#target.tls ? new TlsAgent(kept) : new Agent(kept)
  }

  #send(call: Call): Promise<IncomingMessage> {
    const { method, path, body, accept = JSON_TYPE, signal, lasts = false } = call
    const agent = lasts ? this.#lasting : this.#brief
    signal?.throwIfAborted()
    const type = typeof body === 'string' ? JSON_TYPE : BYTES_TYPE
    const headers = {
      ...headersOfContext(),
      accept,
      ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      ...call.headers,
    }
    const { place, prefix, tls } = this.#target
    const options = { ...place, method, path: prefix + path, headers, agent, ...(signal && { signal }) }
    return new Promise((resolve, reject) => {
      const sent = tls ? requestByTls(options) : request(options)
      sent.once('response', resolve)
      // Again and again: one of an answer that is read may come after one of the request.
      sent.on('error', (error: NodeJS.ErrnoException) => {
        // A connection that was kept, and that the daemon has closed meanwhile: what it has not heard can be said again.
        const isStale = sent.reusedSocket && error.code === 'ECONNRESET'
        if (isStale && method === 'GET' && signal?.aborted !== true) resolve(this.#send(call))
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

/** Where requests go. */
interface Target {
  readonly place: { readonly socketPath: string } | { readonly host: string; readonly port: number }
  /** Path in front of those of the daemon: of a proxy that has several. */
  readonly prefix: string
  readonly tls: boolean
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
function targetOf(address: unknown): Target {
  const isText = typeof address === 'string' && address !== ''
  if (isText && !/^[a-z][a-z\d+.-]*:/i.test(address)) return { place: { socketPath: address }, prefix: '', tls: false }
  if ((isText && URL.canParse(address)) || address instanceof URL) {
    const { protocol, hostname, port, pathname } = new URL(address)
    const socketPath = protocol === 'unix:' ? decoded(pathname) : undefined
    if (socketPath !== undefined) return { place: { socketPath }, prefix: '', tls: false }
    if (protocol === 'http:' || protocol === 'https:') {
      const tls = protocol === 'https:'
      // `node:http` wants the address of IPv6 without its brackets.
      const place = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || (tls ? 443 : 80)) }
      return { place, prefix: pathname.replace(/\/+$/, ''), tls }
    }
  }
  const example = "connect('/run/hatchery/pool.sock'), connect('http://127.0.0.1:7070', { token })"
  throw invalid(
    `The address of a daemon is the path of its socket, or an http: or https: URL, such as ${example}; received ${shown(address)}.`,
  )
}

/** Undefined: what stands behind a `%` is no byte, or the bytes are no UTF-8. */
function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** For messages, without what may be secret. */
function nameOf(address: string | URL): string {
  if (!URL.canParse(String(address))) return String(address)
  const url = new URL(address)
  return url.protocol === 'unix:' ? url.pathname : `${url.origin}${url.pathname === '/' ? '' : url.pathname}`
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : value === null ? 'null' : typeof value
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
