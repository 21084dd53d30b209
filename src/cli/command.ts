import { type ParseArgsConfig, parseArgs } from 'node:util'
import { closestWord } from '../errors/closest-word.js'

/** An option of a command. */
export interface CommandOption {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What its value is called in the help, such as `PATH`. */
  readonly value?: string
  /** One line for the help. */
  readonly about: string
}

/** Values of options by their names, as `parseArgs` gives them. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** A command of `hatchery`, one a file. */
export interface Command {
  /** Such as `serve [WORKER] [options]`. */
  readonly usage: string
  /** What it does, for its help. */
  readonly about: string
  readonly options: Readonly<Record<string, CommandOption>>
  /** Calls as one would write them, for the help. */
  readonly examples?: readonly string[]
  /** @returns the exit code */
  run(values: OptionValues, positionals: readonly string[]): Promise<number>
}

/** The command line makes no sense; the message says why. */
export class UsageError extends Error {}

/**
 * Options and other arguments of a command.
 *
 * @throws UsageError
 */
export function readArguments(
  command: Pick<Command, 'options'>,
  args: readonly string[],
): { values: OptionValues; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries({ ...command.options, ...HELP }).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple === true && { multiple }) },
    ]),
  ) as NonNullable<ParseArgsConfig['options']>
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(complaint(error as NodeJS.ErrnoException, Object.keys(options)))
  }
}

/** Every command has it. */
export const HELP: Readonly<Record<string, CommandOption>> = {
  help: { type: 'boolean', short: 'h', about: 'Show this.' },
}

function complaint(error: NodeJS.ErrnoException, known: readonly string[]): string {
  const unknown = error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' ? /'(--?[^']+)'/.exec(error.message)?.[1] : undefined
  // What Node adds is about arguments that begin with a dash.
  if (unknown === undefined) return error.message.split('\n')[0]!
  return `There is no option ${unknown}.${hint(unknown.replace(/^-+/, ''), known, '--')}`
}

/** ` Did you mean …?`, if there is something like it. */
export function hint(word: string, known: readonly string[], prefix = ''): string {
  const meant = closestWord(word, known) ?? known.find((name) => name.startsWith(word))
  return meant === undefined ? '' : ` Did you mean ${prefix}${meant}?`
}
