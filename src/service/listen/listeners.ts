import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Access, SOCKET_ACCESS, TcpAccess } from '../http/access.js'
import type { BodyBudget } from '../http/body-budget.js'
import { type Route, Router } from '../http/router.js'
import { heedSettings, makeServer, type OnFault } from '../http/server.js'
import { isReadByOthers, readToken } from '../http/token.js'
import type { Logger } from '../logger.js'
import type { ServiceSettings } from '../settings.js'
import { listenOn } from './address.js'
import { findOwner } from './owner.js'
import { listenOnSocket } from './unix-socket.js'

/** How long answers that are on their way may take at the end, in milliseconds. */
const FAREWELL = 2_000

/** The addresses of the daemon. */
export class Listeners {
  readonly #settings: ServiceSettings
  readonly #logger: Logger
  readonly #budget: BodyBudget
  readonly #tcpAccess: TcpAccess | undefined
  readonly #addresses: string[] = []
  /** Closed ones too: one that was about to listen when it was closed can be closed once more. */
  readonly #servers: Server[] = []
  #router = new Router([])
  #connections = 0

  /** @throws ERR_HATCHERY_INVALID_OPTION if the token cannot be had, or there is no such owner of the socket */
  constructor(settings: ServiceSettings, logger: Logger, budget: BodyBudget) {
    const { port, tokenFile, socketOwner } = settings
    this.#settings = settings
    this.#logger = logger
    this.#budget = budget
    this.#tcpAccess = port === undefined ? undefined : new TcpAccess(settings, readToken(tokenFile))
    if (socketOwner !== undefined) findOwner(socketOwner)
    if (port !== undefined && tokenFile !== undefined && isReadByOthers(tokenFile)) {
      logger.warn({ tokenFile }, 'others can read the file with the token; chmod 600 keeps them from it')
    }
  }

  /** Where it listens, as a client is told. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections
  }

  /** What is served. */
  serve(routes: readonly Route[]): void {
    this.#router = new Router(routes)
  }

  /** @throws ERR_HATCHERY_ADDRESS_IN_USE, ERR_HATCHERY_ADDRESS_UNAVAILABLE; then nothing listens */
  async listen(): Promise<void> {
    const { socket, port, host } = this.#settings
    try {
      if (socket !== undefined) {
        const server = this.#makeServer(SOCKET_ACCESS)
        await listenOnSocket(server, socket, this.#settings)
        this.#addresses.push(socket)
      }
      if (port !== undefined) {
        const server = this.#makeServer(this.#tcpAccess!)
        const advice = 'Stop that one, or choose another port (--port); 0 takes any that is free.'
        await listenOn(server, { host, port }, `port ${port} of ${host}`, advice)
        const { port: actual } = server.address() as AddressInfo
        this.#addresses.push(`http://${host.includes(':') ? `[${host}]` : host}:${actual}`)
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Heeds settings that have changed. */
  refresh(): void {
    for (const server of this.#servers) heedSettings(server, this.#settings)
    this.#tcpAccess?.refresh(this.#settings)
  }

  /**
   * Reads the token of other settings, or the same token file anew.
   *
   * @returns asks for that token from then on, and says whether it is another one
   * @throws ERR_HATCHERY_INVALID_OPTION; the token before goes on to be asked for
   */
  readToken({ tokenFile }: Pick<ServiceSettings, 'tokenFile'>): () => boolean {
    const token = readToken(tokenFile)
    return () => this.#tcpAccess?.renew(token) === true
  }

  /** Takes no more connections, and ends those there are once they are answered. */
  async close(): Promise<void> {
    const servers = this.#servers
    const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)))
    const timer = setTimeout(() => {
      for (const server of servers) server.closeAllConnections()
    }, FAREWELL)
    for (const server of servers) server.closeIdleConnections()
    await Promise.all(closed)
    clearTimeout(timer)
  }

  #makeServer(access: Access): Server {
    const onFault: OnFault = (error, { request }) => {
      this.#logger.error({ err: error, method: request.method, url: request.url }, 'a request could not be answered')
    }
    const server = makeServer({ router: this.#router, access, budget: this.#budget, onFault }, this.#settings)
    server.on('connection', (connection) => {
      this.#connections++
      connection.once('close', () => this.#connections--)
    })
    this.#servers.push(server)
    return server
  }
}
