import { resolve } from 'node:path'
import { variableFor } from '../../config/index.js'
import { type OptionValues, UsageError } from '../command.js'

/** What the command line of `serve` says. */
export interface ServeFlags {
  /** The file. */
  readonly config: string | undefined
  /** Only look whether it is good. */
  readonly check: boolean
  /** By the path of a setting what is given in its place. */
  readonly settings: ReadonlyMap<string, string>
}

/** Flags that stand for a setting, and what must be made of them. */
const SETTINGS: Readonly<Record<string, readonly [path: string, kind: 'text' | 'path' | 'number' | 'flag' | 'mode']>> =
  {
    socket: ['service.socket', 'path'],
    'socket-mode': ['service.socket_mode', 'mode'],
    port: ['service.port', 'number'],
    host: ['service.host', 'text'],
    'token-file': ['service.token_file', 'path'],
    'allow-anonymous': ['service.allow_anonymous', 'flag'],
    ui: ['service.ui', 'flag'],
    'metrics-port': ['monitoring.metrics_port', 'text'],
    'health-port': ['monitoring.health_check_port', 'text'],
    'min-workers': ['pool.min_workers', 'number'],
    'max-workers': ['pool.max_workers', 'number'],
    concurrency: ['pool.concurrency', 'number'],
    'max-queue': ['pool.queue_size', 'number'],
    'close-timeout': ['pool.close_timeout', 'number'],
    'log-level': ['logging.level', 'text'],
  }

/** @throws UsageError */
export function readFlags(values: OptionValues, positionals: readonly string[]): ServeFlags {
  const [worker, ...more] = positionals
  if (more.length > 0) throw new UsageError(`One worker module is enough; what is "${more.join(' ')}"?`)
  const settings = new Map<string, string>()
  // Here paths are those of the working directory, and in the file those of its folder.
  if (worker !== undefined) settings.set('pool.filename', resolve(worker))
  if (Array.isArray(values['preload'])) settings.set('pool.preload', JSON.stringify(values['preload']))
  for (const [flag, [path, kind]] of Object.entries(SETTINGS)) {
    const value = values[flag]
    if (value === undefined) continue
    const text = String(value)
    if (kind === 'number' && !/^\d+$/.test(text)) throw new UsageError(`--${flag} is a number, not "${text}".`)
    if (kind === 'mode' && !/^0?[0-7]{3}$/.test(text))
      throw new UsageError(`--${flag} is octal, such as 660, not "${text}".`)
    settings.set(path, kind === 'path' ? resolve(text) : text)
  }
  return { config: values['config'] as string | undefined, check: values['check'] === true, settings }
}

/** What messages call the variables that {@link environmentOf} sets. */
export function flagNames({ settings }: ServeFlags): ReadonlyMap<string, string> {
  const flags = new Map([
    ['pool.filename', 'the worker module'],
    ['pool.preload', '--preload'],
    ...Object.entries(SETTINGS).map(([flag, [path]]) => [path, `--${flag}`] as const),
  ])
  return new Map([...settings.keys()].map((path) => [variableFor(path)!, flags.get(path)!]))
}

/**
 * The environment with what the command line says in the place of it: so that holds when the file is read anew, too. Where
 * systemd has made a folder for sockets (`RuntimeDirectory=`), and nothing is named, the socket is there.
 *
 * @param hasSockets systemd has opened sockets itself
 */
export function environmentOf(
  { config, settings }: ServeFlags,
  env: NodeJS.ProcessEnv,
  hasSockets: boolean,
): NodeJS.ProcessEnv {
  const all: NodeJS.ProcessEnv = { ...env }
  for (const [path, text] of settings) all[variableFor(path)!] = text
  const folder = env['RUNTIME_DIRECTORY']?.split(':')[0]
  const named = ['service.socket', 'service.port'].some((path) => all[variableFor(path)!] !== undefined)
  if (folder && !named && !hasSockets && config === undefined)
    all[variableFor('service.socket')!] = `${folder}/pool.sock`
  return all
}
