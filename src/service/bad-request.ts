import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { didYouMean } from '../errors/unknown-option.js'

/** The error for a request that makes no sense. */
export function badRequest(message: string): HatcheryError {
  return new HatcheryError(ERROR_CODES.BAD_REQUEST, message)
}

/**
 * A mistyped name must not pass in silence.
 *
 * @param what is named, such as `field`
 * @param where those are that there are
 * @throws ERR_HATCHERY_BAD_REQUEST
 */
export function checkNames(what: string, where: string, names: Iterable<string>, known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue
    const others = known.length === 0 ? `${where} takes none` : `${where} takes ${known.join(', ')}`
    throw badRequest(`There is no ${what} "${name}"${didYouMean(name, known)}; ${others}.`)
  }
}
