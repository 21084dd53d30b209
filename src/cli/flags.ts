/** Values of options, checked. */
import { type OptionValues, UsageError } from './command.js'

/** A whole number of at least `least`, or undefined if it was not given. */
export function numberOf(values: OptionValues, name: string, least = 1): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!/^\d+$/.test(String(text)) || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} is a number of at least ${least}, not "${String(text)}".`)
  }
  return number
}

/** One of several words; `otherwise` if it was not given. */
export function choiceOf<Choice extends string>(
  values: OptionValues,
  name: string,
  choices: readonly Choice[],
  otherwise: Choice,
): Choice {
  const text = values[name] ?? otherwise
  if (!choices.includes(text as Choice)) throw new UsageError(`--${name} is ${choices.join(' or ')}, not "${text}".`)
  return text as Choice
}

/** Text, or undefined if it was not given. */
export function textOf(values: OptionValues, name: string): string | undefined {
  return values[name] as string | undefined
}

/** Which of two flags that rule each other out was given; `otherwise`: neither. */
export function eitherOf(values: OptionValues, yes: string, no: string, otherwise: boolean): boolean {
  if (values[yes] === true && values[no] === true) throw new UsageError(`--${yes} and --${no} rule each other out.`)
  return values[yes] === true || (values[no] !== true && otherwise)
}

/** The one argument that a command takes; undefined if there is none. */
export function oneOf(positionals: readonly string[], what: string): string | undefined {
  const [one, ...more] = positionals
  if (more.length > 0) throw new UsageError(`One ${what} is enough; what is "${more.join(' ')}"?`)
  return one
}
