import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type OptionValues, UsageError } from '../command.js'
import { choiceOf, eitherOf, numberOf, oneOf, textOf } from '../flags.js'

/** What the command line of `run` says. */
export interface RunFlags {
  /** Path of the worker module. */
  readonly worker: string
  readonly name: string | undefined
  readonly workers: number | undefined
  readonly concurrency: number | undefined
  readonly ordered: boolean
  readonly input: 'json' | 'lines'
  readonly output: 'json' | 'lines'
  readonly timeout: number | undefined
  readonly retries: number | undefined
  readonly preload: readonly string[]
  readonly failFast: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** @throws UsageError */
export function readFlags(values: OptionValues, positionals: readonly string[]): RunFlags {
  const worker = oneOf(positionals, 'worker module')
  if (worker === undefined) throw new UsageError('Which module has the tasks? hatchery run WORKER < lines.ndjson.')
  if (!existsSync(worker)) throw new UsageError(`There is no file ${worker}.`)
  return {
    worker: resolve(worker),
    name: textOf(values, 'name'),
    workers: numberOf(values, 'workers'),
    concurrency: numberOf(values, 'concurrency'),
    ordered: eitherOf(values, 'ordered', 'unordered', true),
    input: choiceOf(values, 'input', ['json', 'lines'], 'json'),
    output: choiceOf(values, 'output', ['json', 'lines'], 'json'),
    timeout: numberOf(values, 'timeout'),
    retries: numberOf(values, 'retries', 0),
    preload: (values['preload'] as readonly string[] | undefined) ?? [],
    failFast: eitherOf(values, 'fail-fast', 'keep-going', false),
    json: values['json'] === true,
    quiet: values['quiet'] === true,
  }
}
