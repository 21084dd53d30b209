#!/usr/bin/env node
/** `hatchery COMMAND`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ERROR_CODES } from '../errors/codes.js'
import { packageRoot } from '../native/package-root.js'
import { type Command, hint, readArguments, UsageError } from './command.js'
import { FAILED, OK, USAGE } from './exit-codes.js'
import { columns, commandHelp } from './help.js'

/** The commands; each is loaded when it is called. */
const COMMANDS: Readonly<Record<string, { readonly about: string; load(): Promise<Command> }>> = {
  serve: {
    about: 'Run a pool as a service, for tasks over a Unix socket and HTTP',
    load: async () => (await import('./commands/serve.js')).serve,
  },
  run: {
    about: 'Map the lines of standard input through a pool',
    load: async () => (await import('./commands/run.js')).run,
  },
  top: {
    about: 'Watch a daemon: workers, queue, times, crashes',
    load: async () => (await import('./commands/top.js')).top,
  },
  config: {
    about: 'Check a configuration, show what it comes to, print its schema',
    load: async () => (await import('./commands/config.js')).config,
  },
  doctor: {
    about: 'Tell what this machine allows, and what to change',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  bench: {
    about: 'Measure a pool on this machine',
    load: async () => (await import('./commands/bench.js')).bench,
  },
}

const GLOBAL = { options: { version: { type: 'boolean', short: 'v', about: 'Show the version.' } } } as const

/** Errors whose cause was thrown by code of the user's. */
const OF_USER: ReadonlySet<unknown> = new Set([
  ERROR_CODES.WORKER_MODULE_FAILED,
  ERROR_CODES.WORKER_START_FAILED,
  ERROR_CODES.PRELOAD_FAILED,
])

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UsageError ? `hatchery: ${error.message}` : messageOf(error))
  return error instanceof UsageError ? USAGE : FAILED
})

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first !== undefined && !first.startsWith('-')) return runCommand(first, rest)
  const { values } = readArguments(GLOBAL, args)
  if (values['version'] === true) {
    console.log(version())
    return OK
  }
  if (values['help'] === true) {
    console.log(help())
    return OK
  }
  console.error(help())
  return USAGE
}

async function runCommand(name: string, args: readonly string[]): Promise<number> {
  if (name === 'help') return args[0] === undefined ? main(['--help']) : runCommand(args[0], ['--help'])
  if (!Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(`There is no command "${name}".${hint(name, Object.keys(COMMANDS))} See hatchery --help.`)
  }
  const command = await COMMANDS[name]!.load()
  try {
    const { values, positionals } = readArguments(command, args)
    if (values['help'] === true) {
      console.log(commandHelp(command))
      return OK
    }
    return await command.run(values, positionals)
  } catch (error) {
    if (error instanceof UsageError) throw new UsageError(`${error.message} See hatchery ${name} --help.`)
    throw error
  }
}

function help(): string {
  const commands = columns(Object.entries(COMMANDS).map(([name, { about }]) => [name, about]))
  const options = columns([
    ['-v, --version', GLOBAL.options.version.about],
    ['-h, --help', 'Show this.'],
  ])
  const more = 'hatchery COMMAND --help tells more of a command.'
  return `Usage: hatchery COMMAND [options]\n\nCommands:\n${commands}\n\nOptions:\n${options}\n\n${more}\n`
}

function version(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }).version
}

/** One line for what users can mend, with the place if it is in their code, and the stack for what they cannot. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return `hatchery: ${String(error)}`
  const { code } = error as { code?: unknown }
  const known = typeof code === 'string' && code.startsWith('ERR_HATCHERY_')
  if (!known) return `hatchery: ${error.stack ?? error.message}`
  return [`hatchery: ${error.message} (${code})`, ...(OF_USER.has(code) ? framesOf(error.cause) : [])].join('\n')
}

/** Where an error was thrown, without what Node has done before. */
function framesOf(thrown: unknown): string[] {
  const lines = thrown instanceof Error ? String(thrown.stack).split('\n') : []
  return lines.filter((line) => /^ {4}at (?!.*\bnode:)/.test(line))
}
