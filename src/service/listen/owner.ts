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
  const [user = '', group = ''] = text.split(':', 2)
  return {
    user: user === '' ? process.geteuid!() : numberOf(user, '/etc/passwd', 'user'),
    group: group === '' ? process.getegid!() : numberOf(group, '/etc/group', 'group'),
  }
}

function numberOf(name: string, file: string, what: string): number {
  if (/^\d+$/.test(name)) return Number(name)
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [known, , number] = line.split(':')
    if (known === name) return Number(number)
  }
  throw new HatcheryError(
    ERROR_CODES.INVALID_OPTION,
    `There is no ${what} "${name}" in ${file} for the socket (socket_owner); a number will do as well.`,
  )
}
