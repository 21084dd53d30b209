import type { IncomingMessage } from 'node:http'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { isLoopback, type ServiceSettings } from '../settings.js'
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
  #token: Token | undefined
  /** Names by which requests may come; undefined: any, since the address is not the loopback one. */
  #hosts: ReadonlySet<string> | undefined

  /** @param token undefined: none is asked for */
  constructor(settings: Pick<ServiceSettings, 'host' | 'allowedHosts'>, token: Token | undefined) {
    this.#token = token
    this.refresh(settings)
  }

  /** Asks for this token from the next request on. Returns whether it is another one than before. */
  renew(token: Token | undefined): boolean {
    const before = this.#token
    this.#token = token
    return token === undefined ? before !== undefined : !token.equals(before)
  }

  /** Heeds names that have changed. */
  refresh({ host, allowedHosts }: Pick<ServiceSettings, 'host' | 'allowedHosts'>): void {
    const names = ['localhost', '127.0.0.1', '[::1]', host, ...allowedHosts].map((name) => name.toLowerCase())
    this.#hosts = isLoopback(host) ? new Set(names) : undefined
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
    if (this.#token === undefined) return
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (this.#token.matches(given)) return
    const message =
      given === ''
        ? 'The daemon asks for a token: Authorization: Bearer TOKEN.'
        : 'This is not the token of the daemon; it may have been changed. Send what its token file holds now.'
    throw new HatcheryError(ERROR_CODES.UNAUTHORIZED, message)
  }
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function forbidden(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.FORBIDDEN, message)
}
