import { createServer, type IncomingMessage, maxHeaderSize, type Server, type ServerResponse } from 'node:http'
import { encodeWireError } from '../../api/wire-error.js'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { checkNames } from '../bad-request.js'
import type { ServiceSettings } from '../settings.js'
import type { Access } from './access.js'
import { isWelcome } from './body.js'
import type { BodyBudget } from './body-budget.js'
import { Exchange } from './exchange.js'
import { closeWithConnection } from './pipelining.js'
import { type Router, WrongMethod } from './router.js'

/** Told of requests that something here, and not the client, has made fail. */
export type OnFault = (error: unknown, exchange: Exchange) => void

/** How long a connection is silent before it is probed, in milliseconds. */
const PROBE = 60_000
/** How often it is looked for requests that take too long, in milliseconds, at least. */
const LOOK = 5_000

/** What a server needs. */
export interface ServerParts {
  readonly router: Router
  readonly access: Access
  readonly budget: BodyBudget
  readonly onFault: OnFault
}

/** A server of the API for one address. It does not listen yet. */
export function makeServer(parts: ServerParts, settings: ServiceSettings): Server {
  const { router, access, budget, onFault } = parts
  const { headersTimeout, requestTimeout } = settings
  const connectionsCheckingInterval = Math.min(LOOK, Math.ceil(Math.min(headersTimeout, requestTimeout) / 4))
  const server = createServer(
    // Probes by TCP: a client whose machine has vanished, and that is waiting, is heard of no other way.
    { connectionsCheckingInterval, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE },
    (request, response) => {
      void answer(router, access, request, response, onFault)
    },
  )
  heedSettings(server, settings)
  // Whoever asks whether to send a body is told by the answer that refuses it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (mayContinue(access, budget, request)) response.writeContinue()
    // Whether the body follows all the same is not known, so the connection ends with the answer.
    else response.setHeader('connection', 'close')
    void answer(router, access, request, response, onFault)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return
    const [status, message] = refusalOf(error)
    const told = new HatcheryError(ERROR_CODES.BAD_REQUEST, message)
    const body = `${JSON.stringify({ error: encodeWireError(told) })}\n`
    const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`
    socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${body}`)
  })
  return server
}

/** What is said of bytes that have not become a request. */
function refusalOf({ code, message }: NodeJS.ErrnoException): [status: string, message: string] {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', 'The request did not come in time (request_timeout).']
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        `The headers are larger than the ${maxHeaderSize} bytes that are taken.`,
      ]
    default:
      return ['400 Bad Request', `This is no HTTP request: ${message}.`]
  }
}

/** Has a server go by the settings in force. */
export function heedSettings(server: Server, settings: ServiceSettings): void {
  const { headersTimeout, requestTimeout, keepAliveTimeout } = settings
  Object.assign(server, { headersTimeout, requestTimeout, keepAliveTimeout })
}

async function answer(
  router: Router,
  access: Access,
  request: IncomingMessage,
  response: ServerResponse,
  onFault: OnFault,
): Promise<void> {
  let exchange: Exchange
  try {
    exchange = new Exchange(request, response)
  } catch {
    response.writeHead(400).end()
    return
  }
  // A client that breaks off is heard of by 'close'.
  response.on('error', () => {})
  closeWithConnection(request, response)
  try {
    access.checkOrigin(request)
    const route = router.find(exchange)
    if (route.open !== true) access.checkToken(request)
    if (route.query !== 'any') {
      checkNames('query parameter', exchange.url.pathname, exchange.query.keys(), route.query ?? [])
    }
    await route.handle(exchange)
  } catch (error) {
    if (error instanceof WrongMethod) return exchange.fail(error, { allow: error.allow }, 405)
    if (error instanceof HatcheryError) return exchange.fail(error, headersOf(error))
    onFault(error, exchange)
    exchange.fail(new HatcheryError(ERROR_CODES.SYSTEM, 'The daemon has failed to answer; its log says why.'))
  }
}

function mayContinue(access: Access, budget: BodyBudget, request: IncomingMessage): boolean {
  try {
    access.checkOrigin(request)
    access.checkToken(request)
    return isWelcome(request, budget)
  } catch {
    return false
  }
}

function headersOf(error: unknown): Record<string, string> {
  if (error instanceof HatcheryError && error.code === ERROR_CODES.UNAUTHORIZED) return { 'www-authenticate': 'Bearer' }
  return {}
}
