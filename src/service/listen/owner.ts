import { readFileSync } from 'node:fs'
import process from 'node:process'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'

/** Numbers of a user and a group. */
export interface Owner {
  readonly user: number
  readonly group: number
}

/**
 * The owner that `user`, `user:group` or `:group` names, by names or numbers. What is left out is that of this process.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function findOwner(text: string): Owner {
  const [user = '', group = '', ...more] = text.split(':')
  if (more.length > 0)
    throw invalid(`The owner of the socket (socket_owner) is user, user:group or :group, not "${text}".`)
  return {
    user: user === '' ? process.geteuid!() : numberOf(user, '/etc/passwd', 'user'),
    group: group === '' ? process.getegid!() : numberOf(group, '/etc/group', 'group'),
  }
}

function numberOf(name: string, file: string, what: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  for (const line of read(name, file, what).split('\n')) {
    const [known, , number] = line.split(':')
    if (known === name) return Number(number)
  }
  throw invalid(`There is no ${what} "${name}" in ${file} for the socket (socket_owner); a number will do as well.`)
}

/** A small container image may have none. */
function read(name: string, file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const message = `The ${what} "${name}" of the socket (socket_owner) cannot be looked up: ${(cause as Error).message}. Give its number.`
    throw invalid(message, cause)
  }
}

function invalid(message: string, cause?: unknown): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message, undefined, cause === undefined ? undefined : { cause })
}
