/** Settings of the daemon itself: where it listens, whom it lets in, how much it keeps. */
import type { ServiceConfig } from '../config/index.js'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'

/** Where the daemon listens, and its limits: the section `service` of a configuration. */
export type ServiceSettings = ServiceConfig

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

/**
 * What one setting says of another.
 *
 * @param hasSockets the service manager has given it some
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkSettings(settings: ServiceSettings, hasSockets: boolean): void {
  const { socket, port, host, tokenFile, allowAnonymous } = settings
  if (socket === undefined && port === undefined && !hasSockets) {
    throw invalid('The daemon has nowhere to listen: name a socket (--socket PATH) or a port (--port NUMBER).')
  }
  if (port === undefined && !hasSockets) return
  if (tokenFile !== undefined && allowAnonymous) {
    throw invalid('The daemon is to ask for a token (token_file), and to let everybody in without (allow_anonymous).')
  }
  if (port !== undefined) checkTcp(settings, host)
}

/**
 * Whether TCP may be served on an address.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkTcp({ tokenFile, allowAnonymous }: ServiceSettings, host: string): void {
  if (tokenFile !== undefined) return
  if (!isLoopback(host)) {
    throw invalid(`TCP on ${host} can be reached from other machines, and needs a token: set token_file.`)
  }
  if (!allowAnonymous) {
    throw invalid(
      'TCP needs a token: set token_file (--token-file); or, to let everybody on this machine in, allow_anonymous ' +
        '(--allow-anonymous).',
    )
  }
}

function invalid(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
}
