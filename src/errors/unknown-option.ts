import { closestWord } from './closest-word.js'
import { ERROR_CODES } from './codes.js'
import { HatcheryError } from './hatchery-error.js'

/**
 * The error for an option that there is not.
 *
 * @param instead what is to be done, if that is known; else the name that seems to be meant is shown
 */
export function unknownOption(
  what: string,
  option: string,
  known: ReadonlySet<string>,
  instead?: string,
): HatcheryError {
  const hint = instead === undefined ? didYouMean(option, known) : ` (${instead})`
  return new HatcheryError(
    ERROR_CODES.INVALID_OPTION,
    `There is no option "${option}"${hint}; ${what} takes ${[...known].join(', ')}.`,
  )
}

/** ` (did you mean "…"?)`, if a known word is like it. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = closestWord(word, known)
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`
}
