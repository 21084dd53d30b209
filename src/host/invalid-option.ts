import { inspect } from 'node:util'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'

/** The error for an option that is not what it must be. */
export function invalidOption(option: string, expected: string, value: unknown): HatcheryError {
  const shown = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 })
  const message = `The option "${option}" must be ${expected}; received ${shown}.`
  const error = new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
  REFUSALS.set(error, { option, expected, value })
  return error
}

/** What an error of {@link invalidOption} is about, for whoever has to say where the option stands. */
export interface Refusal {
  readonly option: string
  readonly expected: string
  readonly value: unknown
}

const REFUSALS = new WeakMap<object, Refusal>()

/** Undefined: it is another error. */
export function refusalOf(error: unknown): Refusal | undefined {
  return typeof error === 'object' && error !== null ? REFUSALS.get(error) : undefined
}
