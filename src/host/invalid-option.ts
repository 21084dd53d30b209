import { inspect } from 'node:util'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'

/** The error for an option that is not what it must be. */
export function invalidOption(option: string, expected: string, value: unknown): HatcheryError {
  const shown = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 })
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, `The option "${option}" must be ${expected}; received ${shown}.`)
}

/** The error for an option that there is not. */
export function unknownOption(what: string, option: string, known: ReadonlySet<string>): HatcheryError {
  return new HatcheryError(
    ERROR_CODES.INVALID_OPTION,
    `There is no option "${option}"; ${what} takes ${[...known].join(', ')}.`,
  )
}
