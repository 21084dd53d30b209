import { unknownOption } from '../errors/unknown-option.js'
import { invalidOption } from './invalid-option.js'

/** Checks of single options. Each returns the value, or the default if it is undefined, or throws INVALID_OPTION. */

/** A whole number from `minimum` to `maximum`. */
export function checkInteger(option: string, value: unknown, minimum: number, maximum: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum || value > maximum) {
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
    throw invalidOption(option, `an integer ${range}`, value)
  }
  return value
}

/** Longest time the driver's timers take, some 49 days. */
export const MAX_TIME = 0xffff_ffff

/** A time in milliseconds, rounded up. `Infinity` gives `forever`. */
export function checkTime(option: string, value: unknown, minimum: 0 | 1, forever: number): number {
  if (value === Infinity) return forever
  if (typeof value !== 'number' || !(value >= minimum) || value > MAX_TIME) {
    throw invalidOption(option, `a time in milliseconds from ${minimum} to ${MAX_TIME}, or Infinity`, value)
  }
  return Math.ceil(value)
}

/** One of a few strings. */
export function checkOneOf<const T extends string>(option: string, value: unknown, choices: readonly T[]): T {
  if (typeof value !== 'string' || !(choices as readonly string[]).includes(value)) {
    throw invalidOption(option, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value)
  }
  return value as T
}

/** A string that is not empty. */
export function checkText(option: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw invalidOption(option, 'a string that is not empty', value)
  return value
}

/** A list of strings, copied. */
export function checkTexts(option: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw invalidOption(option, 'an array of strings', value)
  }
  return [...(value as string[])]
}

/** True or false. */
export function checkBoolean(option: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidOption(option, 'true or false', value)
  return value
}

/** A function. */
export function checkFunction<T>(option: string, value: T): T {
  if (typeof value !== 'function') throw invalidOption(option, 'a function', value)
  return value
}

/** An options object with no key but those of `known`: a mistyped name must not pass in silence. */
export function checkKeys(
  what: string,
  options: object,
  known: ReadonlySet<string>,
  hintOf?: (key: string) => string | undefined,
): void {
  if (typeof options !== 'object' || options === null) throw invalidOption(`options of ${what}`, 'an object', options)
  for (const key of Object.keys(options)) {
    if (!known.has(key)) throw unknownOption(what, key, known, hintOf?.(key))
  }
}
