import type { IncomingMessage } from 'node:http'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { isLoopback } from '../settings.js'
import type { Token } from './token.js'

/** Decides whether a request may be made. */
export interface Access {
  /** @throws ERR_HATCHERY_FORBIDDEN for a request that a browser makes for another site */
  checkOrigin(request: IncomingMessage): void
  /** @throws ERR_HATCHERY_UNAUTHORIZED */
  checkToken(request: IncomingMessage): void
}

/** The Unix socket: who may open it may use it. */
export const SOCKET_ACCESS: Access = { checkOrigin: () => {}, checkToken: () => {} }

/**
 * TCP: a token, and no request that another site has a browser make. A page may have its own name resolve to the loopback
 * address (DNS rebinding): then its requests come here, but by its name, which they say in `Host`.
 */
export class TcpAccess implements Access {
  /** What is asked for, from the next request on; undefined: nothing. */
  token: Token | undefined
  /** The address. */
  readonly host: string
  /** Names by which requests may come; undefined: any, since the address is not the loopback one. */
  #hosts: ReadonlySet<string> | undefined

  constructor(host: string, allowedHosts: readonly string[], token: Token | undefined) {
    this.host = host
    this.token = token
    this.refresh(allowedHosts)
  }

  /** Heeds names that have changed. */
  refresh(allowedHosts: readonly string[]): void {
    const names = ['localhost', '127.0.0.1', '[::1]', this.host, ...allowedHosts].map((name) => name.toLowerCase())
    this.#hosts = isLoopback(this.host) ? new Set(names) : undefined
  }

  checkOrigin({ headers }: IncomingMessage): void {
    const { host = '', origin } = headers
    if (this.#hosts !== undefined && !this.#hosts.has(nameOf(host))) {
      throw forbidden(`Requests come here by the name of this machine, not by "${host}" (allowed_hosts).`)
    }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      throw forbidden(`Pages of ${origin} may not use the daemon.`)
    }
  }

  checkToken({ headers }: IncomingMessage): void {
    if (this.token === undefined) return
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (this.token.matches(given)) return
    const message =
      given === ''
        ? 'The daemon asks for a token: Authorization: Bearer TOKEN.'
        : 'This is not the token of the daemon; it may have been changed. Send what its token file holds now.'
    throw new HatcheryError(ERROR_CODES.UNAUTHORIZED, message)
  }
}

/** Lets nobody in until it has become another one: of an address of which it is not known yet what it is. */
export class LateAccess implements Access {
  #access: Access | undefined

  become(access: Access): void {
    this.#access = access
  }

  checkOrigin(request: IncomingMessage): void {
    if (this.#access === undefined) throw forbidden('The daemon is not up yet. Try again.')
    this.#access.checkOrigin(request)
  }

  checkToken(request: IncomingMessage): void {
    if (this.#access === undefined) throw forbidden('The daemon is not up yet. Try again.')
    this.#access.checkToken(request)
  }
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function forbidden(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.FORBIDDEN, message)
}
