import { type OptionValues, UsageError } from '../command.js'
import { choiceOf, numberOf } from '../flags.js'

/** What the command line of `bench` says. */
export interface BenchFlags {
  readonly workers: number | undefined
  readonly startMethod: 'auto' | 'fork' | 'spawn'
  readonly seconds: number
  readonly json: boolean
}

/** @throws UsageError */
export function readFlags(values: OptionValues, positionals: readonly string[]): BenchFlags {
  if (positionals.length > 0) throw new UsageError(`There is nothing to name here; what is "${positionals.join(' ')}"?`)
  return {
    workers: numberOf(values, 'workers'),
    startMethod: choiceOf(values, 'start-method', ['auto', 'fork', 'spawn'], 'auto'),
    seconds: numberOf(values, 'seconds') ?? 10,
    json: values['json'] === true,
  }
}
