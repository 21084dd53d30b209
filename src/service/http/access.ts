import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import { isLoopback, type ServiceSettings } from '../settings.js'

/** Shortest token: less can be guessed. */
const MIN_TOKEN = 16

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
  readonly #token: Buffer | undefined
  /** Names by which requests may come; undefined: any, since the address is not the loopback one. */
  #hosts: ReadonlySet<string> | undefined

  /** @throws ERR_HATCHERY_INVALID_OPTION for a token file that cannot be read, or whose token is too short */
  constructor(settings: Pick<ServiceSettings, 'tokenFile' | 'host' | 'allowedHosts'>) {
    const { tokenFile } = settings
    this.#token = tokenFile === undefined ? undefined : digest(readToken(tokenFile))
    this.refresh(settings)
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
    // Of digests, which are of one length: how long that takes tells nothing of the token.
    if (timingSafeEqual(digest(given), this.#token)) return
    const message =
      given === ''
        ? 'The daemon asks for a token: Authorization: Bearer TOKEN.'
        : 'This is not the token of the daemon.'
    throw new HatcheryError(ERROR_CODES.UNAUTHORIZED, message)
  }
}

/** Whether others than the owner may read the file. */
export function isReadByOthers(tokenFile: string): boolean {
  return (statSync(tokenFile).mode & 0o044) !== 0
}

function readToken(file: string): string {
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw invalid(
      `The token cannot be read: ${(cause as Error).message}. Name a file that holds one (token_file).`,
      cause,
    )
  }
  if (token.length >= MIN_TOKEN && /^\S+$/.test(token)) return token
  throw invalid(
    `The token in ${file} must be one word of at least ${MIN_TOKEN} characters. To make one: openssl rand -hex 32 > ${file}`,
  )
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function forbidden(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.FORBIDDEN, message)
}

function invalid(message: string, cause?: unknown): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message, undefined, cause === undefined ? undefined : { cause })
}
