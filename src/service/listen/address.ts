/** Where the daemon listens, and what is said when it cannot. */
import type { Server } from 'node:net'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'

/**
 * Listens.
 *
 * @param place how the address is called in messages
 * @param advice what to do if it is taken
 * @throws ERR_HATCHERY_ADDRESS_IN_USE, ERR_HATCHERY_ADDRESS_UNAVAILABLE
 */
export function listenOn(server: Server, options: object, place: string, advice: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' ? inUse(place, advice, error) : unavailable(place, reasonOf(error.code), error),
      )
    }
    server.once('error', onError)
    server.listen(options, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

/** Somebody listens there. */
export function inUse(place: string, advice: string, cause?: unknown): HatcheryError {
  return addressError(
    ERROR_CODES.ADDRESS_IN_USE,
    `${place[0]!.toUpperCase()}${place.slice(1)} is in use: another process listens there. ${advice}`,
    cause,
  )
}

/** It is no place to listen. */
export function unavailable(place: string, reason: string, cause?: unknown): HatcheryError {
  return addressError(ERROR_CODES.ADDRESS_UNAVAILABLE, `The daemon cannot listen on ${place}: ${reason}`, cause)
}

function addressError(
  code: typeof ERROR_CODES.ADDRESS_IN_USE | typeof ERROR_CODES.ADDRESS_UNAVAILABLE,
  message: string,
  cause: unknown,
): HatcheryError {
  return new HatcheryError(code, message, undefined, cause === undefined ? undefined : { cause })
}

/** What an error code means here. */
export function reasonOf(code: string | undefined): string {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'it is not allowed to. Ports below 1024 and folders of others need more rights.'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address.'
    case 'ENOENT':
      return 'the folder is not there. Make it, or have systemd make it (RuntimeDirectory=).'
    case 'ENOTFOUND':
      return 'no address has that name.'
    default:
      return `${code}.`
  }
}
