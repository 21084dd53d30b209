import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Access, LateAccess, SOCKET_ACCESS, TcpAccess } from '../http/access.js'
import type { BodyBudget } from '../http/body-budget.js'
import { type Route, Router } from '../http/router.js'
import { heedSettings, makeServer, type OnFault } from '../http/server.js'
import { isReadByOthers, isSame, readToken, type Token } from '../http/token.js'
import type { Logger } from '../logger.js'
import { checkTcp, type ServiceSettings } from '../settings.js'
import { listenOn } from './address.js'
import type { InheritedSocket } from './inherited.js'
import { findOwner } from './owner.js'
import { listenOnSocket, setRights } from './unix-socket.js'

/** How long answers that are on their way may take at the end, in milliseconds. */
const FAREWELL = 2_000

/** How long refused connections are counted before the log has their number, in milliseconds: there may be very many. */
const DROP_REPORT = 1_000

/** The addresses of the daemon. */
export class Listeners {
  readonly #settings: ServiceSettings
  readonly #logger: Logger
  readonly #budget: BodyBudget
  readonly #inherited: readonly InheritedSocket[]
  /** That of the port, and of sockets of the manager that are TCP. */
  readonly #tcpAccesses: TcpAccess[] = []
  #token: Token | undefined
  readonly #addresses: string[] = []
  /** Closed ones too: one that was about to listen when it was closed can be closed once more. */
  readonly #servers: Server[] = []
  /** Connections that there are descriptors for. */
  #bound = Infinity
  readonly #router = new Router()
  #connections = 0
  /** Connections that were refused and not reported yet, and when they will be. */
  #dropped = 0
  #dropReport: NodeJS.Timeout | undefined

  /** @throws ERR_HATCHERY_INVALID_OPTION if the token cannot be had, or there is no such owner of the socket */
  constructor(
    settings: ServiceSettings,
    logger: Logger,
    budget: BodyBudget,
    inherited: readonly InheritedSocket[] = [],
  ) {
    const { socketOwner } = settings
    this.#settings = settings
    this.#logger = logger
    this.#budget = budget
    this.#inherited = inherited
    this.#token = this.#tokenOf(settings)
    if (socketOwner !== undefined) findOwner(socketOwner)
  }

  /** Where it listens, as a client is told. */
  get addresses(): readonly string[] {
    return this.#addresses
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections
  }

  /** What is served from now on. */
  serve(routes: readonly Route[]): void {
    this.#router.serve(routes)
  }

  /**
   * @throws ERR_HATCHERY_ADDRESS_IN_USE, ERR_HATCHERY_ADDRESS_UNAVAILABLE, ERR_HATCHERY_INVALID_OPTION for a socket of the
   * manager that would let anybody in; then nothing listens
   */
  async listen(): Promise<void> {
    const { socket, port, host } = this.#settings
    try {
      for (const inherited of this.#inherited) await this.#listenOnInherited(inherited)
      if (socket !== undefined) {
        await listenOnSocket(this.#makeServer(SOCKET_ACCESS), socket, this.#settings)
        this.#addresses.push(socket)
      }
      if (port !== undefined) {
        const server = this.#makeServer(this.#tcpAccess(host))
        const advice = 'Stop that one, or choose another port (--port); 0 takes any that is free.'
        await listenOn(server, { host, port }, `port ${port} of ${host}`, advice)
        this.#addresses.push(urlOf(host, server))
      }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /**
   * Gives the socket other permissions.
   *
   * @throws ERR_HATCHERY_ADDRESS_UNAVAILABLE; then it has those of before
   */
  setMode(socketMode: number): void {
    const { socket, socketOwner } = this.#settings
    if (socket !== undefined && socketMode !== this.#settings.socketMode) setRights(socket, { socketMode, socketOwner })
  }

  /** Connections that one address takes at a time. */
  get maxConnections(): number {
    const { socket, port, maxConnections } = this.#settings
    const addresses = this.#inherited.length + (socket === undefined ? 0 : 1) + (port === undefined ? 0 : 1)
    return Math.min(maxConnections, Math.max(1, Math.floor(this.#bound / addresses)))
  }

  /** Takes no more connections than these, on all addresses together. */
  bound(connections: number): void {
    this.#bound = connections
    for (const server of this.#servers) server.maxConnections = this.maxConnections
  }

  /** Heeds settings that have changed. */
  refresh(): void {
    for (const server of this.#servers) heedSettings(server, this.#settings)
    this.bound(this.#bound)
    for (const access of this.#tcpAccesses) access.refresh(this.#settings.allowedHosts)
  }

  /**
   * Reads the token of other settings, or the same token file anew.
   *
   * @returns asks for that token from then on, and says whether it is another one
   * @throws ERR_HATCHERY_INVALID_OPTION; the token before goes on to be asked for
   */
  readToken(settings: ServiceSettings): () => boolean {
    for (const { host } of this.#tcpAccesses) checkTcp(settings, host)
    const token = this.#tokenOf(settings)
    return () => {
      const before = this.#token
      this.#token = token
      for (const access of this.#tcpAccesses) access.token = token
      return this.#tcpAccesses.length > 0 && !isSame(before, token)
    }
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

  /** On Unix sockets alone nobody is asked for it. Of a socket of the manager it is not known yet what it is. */
  #tokenOf({ port, tokenFile }: ServiceSettings): Token | undefined {
    const mayBeTcp = port !== undefined || this.#settings.port !== undefined || this.#inherited.length > 0
    if (!mayBeTcp || tokenFile === undefined) return undefined
    const token = readToken(tokenFile)
    if (isReadByOthers(tokenFile)) {
      this.#logger.warn({ tokenFile }, 'others can read the file with the token; chmod 600 keeps them from it')
    }
    return token
  }

  /** What it is, is known once it is listened on; no request has been read by then. */
  async #listenOnInherited({ descriptor, name }: InheritedSocket): Promise<void> {
    const access = new LateAccess()
    const server = this.#makeServer(access)
    const advice = 'It is the service manager’s: see its unit of the type socket.'
    await listenOn(server, { fd: descriptor }, `the socket "${name}" (descriptor ${descriptor})`, advice)
    const address = server.address()
    if (address === null || typeof address === 'string') {
      access.become(SOCKET_ACCESS)
      this.#addresses.push(`socket ${name}`)
      return
    }
    checkTcp(this.#settings, address.address)
    access.become(this.#tcpAccess(address.address))
    this.#addresses.push(urlOf(address.address, server))
  }

  #tcpAccess(host: string): TcpAccess {
    const access = new TcpAccess(host, this.#settings.allowedHosts, this.#token)
    this.#tcpAccesses.push(access)
    return access
  }

  /** A client is turned away before it has said a word; it sees no more than that its connection is closed. */
  #onDrop(): void {
    this.#dropped++
    if (this.#dropReport !== undefined) return
    this.#dropReport = setTimeout(() => {
      const { maxConnections } = this
      this.#logger.warn({ dropped: this.#dropped, maxConnections }, 'connections were refused (max_connections)')
      this.#dropped = 0
      this.#dropReport = undefined
    }, DROP_REPORT).unref()
  }

  #makeServer(access: Access): Server {
    const onFault: OnFault = (error, { request }) => {
      this.#logger.error({ err: error, method: request.method, url: request.url }, 'a request could not be answered')
    }
    const server = makeServer({ router: this.#router, access, budget: this.#budget, onFault }, this.#settings)
    server.maxConnections = this.maxConnections
    server.on('drop', () => this.#onDrop())
    server.on('connection', (connection) => {
      this.#connections++
      connection.once('close', () => this.#connections--)
    })
    this.#servers.push(server)
    return server
  }
}

function urlOf(host: string, server: Server): string {
  const { port } = server.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
