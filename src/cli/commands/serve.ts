import type { PoolOptions } from '../../host/index.js'
import type { ServiceSettings } from '../../service/index.js'
import { Signals } from '../../service/signals.js'
import { type Command, type OptionValues, UsageError } from '../command.js'

/** `hatchery serve`. */
export const serve: Command = {
  usage: 'serve [WORKER] [--config FILE] [options]',
  about:
    'Runs a pool as a service: tasks come in over a Unix socket and over HTTP. WORKER is the module whose exports are the\n' +
    'tasks. What is given here counts more than what the file says.',
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', about: 'Configuration, JSON; SIGHUP has it read anew.' },
    check: { type: 'boolean', about: 'Only say whether the configuration is good.' },
    socket: { type: 'string', short: 's', value: 'PATH', about: 'Unix socket to listen on.' },
    'socket-mode': { type: 'string', value: 'MODE', about: 'Its permissions, octal. Default 600: its owner alone.' },
    port: { type: 'string', short: 'p', value: 'NUMBER', about: 'Port to listen on; 0: any that is free.' },
    host: { type: 'string', value: 'ADDRESS', about: 'Address of that port. Default 127.0.0.1.' },
    'token-file': { type: 'string', value: 'FILE', about: 'Holds the token that clients on the port have to show.' },
    'allow-anonymous': { type: 'boolean', about: 'Let everybody on this machine in, without a token.' },
    ui: { type: 'boolean', about: 'Serve the dashboard.' },
    name: { type: 'string', value: 'EXPORT', about: 'Task that is run if a request names none.' },
    preload: {
      type: 'string',
      multiple: true,
      value: 'MODULE',
      about: 'Module to load before workers are forked; can be repeated.',
    },
    'min-workers': { type: 'string', value: 'NUMBER', about: 'Workers kept. Default 1.' },
    'max-workers': {
      type: 'string',
      value: 'NUMBER',
      about: 'Workers at most. Default: as many as there are processors.',
    },
    concurrency: {
      type: 'string',
      value: 'NUMBER',
      about: 'Asynchronous tasks that a worker runs at a time. Default 1.',
    },
    'max-queue': { type: 'string', value: 'NUMBER', about: 'Tasks that may wait. Default: any number.' },
    'close-timeout': { type: 'string', value: 'MS', about: 'How long tasks are waited for at the end. Default 30000.' },
    'log-level': { type: 'string', value: 'LEVEL', about: 'trace, debug, info, warn, error or silent. Default info.' },
  },
  examples: [
    'hatchery serve worker.js --socket /run/hatchery/pool.sock',
    'hatchery serve --config pool.json',
    'hatchery serve worker.js --port 7070 --token-file token',
  ],
  async run(values, positionals) {
    // Before anything else: until then SIGUSR1 opens Node's debugger.
    const signals = new Signals()
    try {
      const { runServe } = await import('../serve/run.js')
      return await runServe(signals, flagsOf(values, positionals))
    } finally {
      signals.end()
    }
  },
}

/** What the command line says. */
export interface ServeFlags {
  readonly config: string | undefined
  readonly check: boolean
  readonly logLevel: string | undefined
  readonly pool: PoolOptions
  readonly service: Partial<ServiceSettings>
}

function flagsOf(values: OptionValues, positionals: readonly string[]): ServeFlags {
  const [worker, ...more] = positionals
  if (more.length > 0) throw new UsageError(`One worker module is enough; what is "${more.join(' ')}"?`)
  const text = (name: string) => values[name] as string | undefined
  const number = (name: string) => numberOf(name, text(name))
  const mode = text('socket-mode')
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode)) throw new UsageError('--socket-mode is octal, such as 660.')
  return {
    config: text('config'),
    check: values['check'] === true,
    logLevel: text('log-level'),
    pool: given({
      filename: worker,
      name: text('name'),
      preload: values['preload'] as readonly string[] | undefined,
      minWorkers: number('min-workers'),
      maxWorkers: number('max-workers'),
      concurrency: number('concurrency'),
      maxQueue: number('max-queue'),
      closeTimeout: number('close-timeout'),
    }),
    service: given({
      socket: text('socket'),
      socketMode: mode === undefined ? undefined : Number.parseInt(mode, 8),
      port: number('port'),
      host: text('host'),
      tokenFile: text('token-file'),
      allowAnonymous: values['allow-anonymous'] === true || undefined,
      ui: values['ui'] === true || undefined,
    }),
  }
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return Number(text)
  throw new UsageError(`--${name} is a number, not "${text}".`)
}

/** Without what was not given: it must not stand in the way of what a file says. */
function given<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>
  }
}
