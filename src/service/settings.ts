/** Settings of the daemon itself: where it listens, whom it lets in, how much it keeps. */
import { ERROR_CODES, HatcheryError } from '../errors/index.js'

/** Where the daemon listens, and its limits. Times are milliseconds. */
export interface ServiceSettings {
  /** Path of the Unix socket; undefined: none. */
  readonly socket: string | undefined
  /** Permissions of the socket, such as `0o660`. */
  readonly socketMode: number
  /** `user`, `user:group` or `:group`, by names or numbers; undefined: whoever runs the daemon. */
  readonly socketOwner: string | undefined
  /** Address for TCP. */
  readonly host: string
  /** Port for TCP; 0: any that is free; undefined: no TCP. */
  readonly port: number | undefined
  /** File with the token that clients on TCP have to show. */
  readonly tokenFile: string | undefined
  /** Serves TCP on the loopback address to everybody on this machine, without a token. */
  readonly allowAnonymous: boolean
  /** Host names, beside those of the loopback address, by which requests on it may come. */
  readonly allowedHosts: readonly string[]
  /** Bytes of a request's body. */
  readonly maxBodySize: number
  readonly maxConnections: number
  /** Tasks that are pending at a time. */
  readonly maxInFlight: number
  /** Until a request's headers have come. */
  readonly headersTimeout: number
  /** Until all of a request has come. */
  readonly requestTimeout: number
  /** How long an idle connection stays open. */
  readonly keepAliveTimeout: number
  /** How long the results of tasks are kept that nobody has waited for. */
  readonly resultTtl: number
  /** How many of them, and how many bytes. */
  readonly maxResults: number
  readonly maxResultBytes: number
  /** Serves the page. */
  readonly ui: boolean
}

/** What holds unless somebody says otherwise. */
export const SERVICE_DEFAULTS: ServiceSettings = Object.freeze({
  socket: undefined,
  socketMode: 0o600,
  socketOwner: undefined,
  host: '127.0.0.1',
  port: undefined,
  tokenFile: undefined,
  allowAnonymous: false,
  allowedHosts: [],
  maxBodySize: 16 << 20,
  maxConnections: 1000,
  maxInFlight: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  resultTtl: 300_000,
  maxResults: 1000,
  maxResultBytes: 64 << 20,
  ui: false,
})

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/**
 * What one setting says of another.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkSettings(settings: ServiceSettings): void {
  const { socket, port, host, tokenFile, allowAnonymous } = settings
  if (socket === undefined && port === undefined) {
    throw invalid('The daemon has nowhere to listen: name a socket (--socket PATH) or a port (--port NUMBER).')
  }
  if (port === undefined) return
  if (tokenFile !== undefined && allowAnonymous) {
    throw invalid('The daemon is to ask for a token (token_file), and to let everybody in without (allow_anonymous).')
  }
  if (tokenFile === undefined && !isLoopback(host)) {
    throw invalid(`TCP on ${host} can be reached from other machines, and needs a token: set token_file.`)
  }
  if (tokenFile === undefined && !allowAnonymous) {
    throw invalid(
      'TCP needs a token: set token_file (--token-file); or, to let everybody on this machine in, allow_anonymous ' +
        '(--allow-anonymous).',
    )
  }
}

function invalid(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
}
