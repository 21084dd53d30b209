/** Another configuration for a pool that runs. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { CONFIGURABLE } from '../host/configure.js'
import { inheritedExecArgv } from '../host/exec-argv.js'
import type { ConfigureOptions, Pool, PoolOptions, ReloadOptions } from '../host/index.js'
import { resolveOptions } from '../host/resolve-options.js'
import type { Config, LoggingConfig, MonitoringConfig, ServiceConfig } from './config.js'
import { optionName } from './convert.js'
import { type ConfigChange, diffConfig } from './diff.js'
import { type SectionName, sections } from './schema/index.js'

/**
 * Who takes over what changes outside the pool, by section. A section that nobody takes over needs a restart. Called only
 * when something has changed that can change while the program runs, after the pool has taken over its part.
 */
export interface ConfigHandlers {
  /** Takes over another level of the log, another file, or other bounds of it. */
  readonly logging?: ((logging: LoggingConfig) => void | Promise<void>) | undefined
  /** Takes over what may change of metrics, health and tracing; at present all of it needs a restart. */
  readonly monitoring?: ((monitoring: MonitoringConfig) => void | Promise<void>) | undefined
  /** Takes over the limits of the daemon, such as `maxInFlight`, the permissions of its socket, and `ui`. */
  readonly service?: ((service: ServiceConfig) => void | Promise<void>) | undefined
}

/** What has become of a change of the configuration. */
export interface ConfigReport {
  /** In force. A smaller pool is in force once the workers that are too many have ended their tasks. */
  readonly applied: readonly ConfigChange[]
  /** In force after a restart of the program, and as before until then. */
  readonly restart: readonly ConfigChange[]
}

/** Told to workers as they start, so that all of them have to be started anew. */
const FOR_NEW_WORKERS = ['maxTasks', 'maxAge', 'rlimits', 'nice', 'oomScoreAdj'] as const

/** How often it is looked whether a reload of somebody else's has ended, in milliseconds. */
const LOOK = 100

/** What follows from the number of workers, where it is not said. */
const BY_SIZE = ['maxQueue', 'queueHighWaterMark', 'queueLowWaterMark', 'maxRestarts'] as const

/** Values of options that a reload takes, where they are not said. */
const RELOAD_DEFAULTS: { readonly [Key in keyof ReloadOptions]-?: () => ReloadOptions[Key] } = {
  filename: () => undefined,
  preload: () => [],
  shareFilename: () => true,
  execArgv: () => inheritedExecArgv(process.execArgv),
  env: () => ({ ...process.env }),
  workerData: () => null,
  stdio: () => 'inherit',
  maxHeap: () => Infinity,
}

/**
 * Brings all of a changed configuration into force that can be while the pool runs.
 *
 * @param before what is in force
 * @returns settles once the workers have been replaced, if they have to be, after a `pool.reload()` that is under way; rejects, and everything is as before, with what
 * `pool.reload` or a handler of `handlers` rejects with
 */
export async function applyConfig(
  pool: Pool,
  before: Config,
  after: Config,
  handlers: ConfigHandlers = {},
): Promise<ConfigReport> {
  const changes = diffConfig(before, after)
  const isRestart = ({ path, apply }: ConfigChange) => {
    const section = path.split('.')[0] as SectionName
    return apply === 'restart' || (section !== 'pool' && handlers[section] === undefined)
  }
  const report = { applied: changes.filter((change) => !isRestart(change)), restart: changes.filter(isRestart) }
  const undo = await applyToPool(pool, before.pool, after.pool)
  const taken: (() => void | Promise<void>)[] = []
  try {
    for (const section of ['logging', 'monitoring', 'service'] as const) {
      if (!report.applied.some(({ path }) => path.startsWith(`${section}.`))) continue
      const handler = handlers[section] as ((config: unknown) => void | Promise<void>) | undefined
      await handler?.(inForce(before, after, report.restart)[section])
      taken.push(() => handler?.(before[section]))
    }
  } catch (error) {
    for (const takeBack of taken.reverse()) await takeBack()
    await undo()
    throw error
  }
  return report
}

/** What holds after a change of which some parts wait for a restart. */
export function inForce(before: Config, after: Config, restart: readonly ConfigChange[]): Config {
  const waiting = new Set(restart.map(({ path }) => path))
  const old = new Map(before.entries.map((entry) => [entry.path, entry]))
  return Object.freeze({
    ...after,
    name: waiting.has('pool.name') ? before.name : after.name,
    pool: withHeld('pool', before.pool, after.pool, waiting),
    logging: withHeld('logging', before.logging, after.logging, waiting),
    monitoring: withHeld('monitoring', before.monitoring, after.monitoring, waiting),
    service: withHeld('service', before.service, after.service, waiting),
    entries: Object.freeze(after.entries.map((entry) => (waiting.has(entry.path) ? old.get(entry.path)! : entry))),
  })
}

/** A section in which what waits is as before. */
function withHeld<T extends object>(name: SectionName, before: T, after: T, waiting: ReadonlySet<string>): T {
  const held = { ...after } as Record<string, unknown>
  for (const [key, node] of Object.entries(sections[name].properties ?? {})) {
    if (!waiting.has(`${name}.${key}`)) continue
    const option = key === 'enable_worker_affinity' ? 'affinity' : optionName(key, node)
    if (Object.hasOwn(before, option)) held[option] = (before as Record<string, unknown>)[option]
    else delete held[option]
  }
  return Object.freeze(held) as T
}

/** Changes the pool, all or nothing. Returns what changes it back. */
async function applyToPool(pool: Pool, before: PoolOptions, after: PoolOptions): Promise<() => Promise<void>> {
  // Says so now if the pool is closed, or another thread's.
  pool.configure({})
  const restore = setLive(pool, before, after)
  const reload = reloadOptions(before, after)
  if (reload === undefined) return async () => restore()
  try {
    await reloadInTurn(pool, reload)
  } catch (error) {
    restore()
    throw error
  }
  return async () => {
    restore()
    await reloadInTurn(pool, reloadOptions(after, before))
  }
}

/** Reloads the pool once nobody else does, such as an operator who rolls the workers. */
async function reloadInTurn(pool: Pool, options: ReloadOptions | undefined): Promise<void> {
  for (;;) {
    try {
      return await pool.reload(options)
    } catch (error) {
      if (!(error instanceof HatcheryError) || error.code !== ERROR_CODES.RELOAD_IN_PROGRESS) throw error
    }
    await sleep(LOOK)
  }
}

/** What holds at once. Returns what takes it back. */
function setLive(pool: Pool, before: PoolOptions, after: PoolOptions): () => void {
  const size = pool.options
  const resolved = sizeOf(after)
  const resizes = !isDeepStrictEqual(sizeOf(before), resolved)
  const set = (from: PoolOptions, options: PoolOptions, min: number, max: number) => {
    if (resizes) resize(pool, min, max)
    const keys = CONFIGURABLE.filter(
      (key) => !isDeepStrictEqual(from[key], options[key]) || (resizes && (BY_SIZE as readonly string[]).includes(key)),
    )
    try {
      pool.configure(Object.fromEntries(keys.map((key) => [key, options[key]])) as ConfigureOptions)
    } catch (error) {
      if (resizes) resize(pool, size.minWorkers, size.maxWorkers)
      throw error
    }
  }
  set(before, after, resolved.min, resolved.max)
  return () => set(after, before, size.minWorkers, size.maxWorkers)
}

/** The size that a new pool would have. */
function sizeOf({ minWorkers, maxWorkers }: PoolOptions): { min: number; max: number } {
  const resolved = resolveOptions({ minWorkers, maxWorkers })
  return { min: resolved.minWorkers, max: resolved.maxWorkers }
}

function resize(pool: Pool, min: number, max: number): void {
  // Whoever ends the pool meanwhile knows; nobody waits for this.
  pool.resize({ min, max }).catch(() => {})
}

/** Undefined: no worker need be replaced. */
function reloadOptions(before: PoolOptions, after: PoolOptions): ReloadOptions | undefined {
  const options: Record<string, unknown> = {}
  const differs = (key: keyof PoolOptions) => !isDeepStrictEqual(before[key], after[key])
  for (const [key, otherwise] of Object.entries(RELOAD_DEFAULTS)) {
    const name = key as keyof ReloadOptions
    if (differs(name)) options[name] = after[name] ?? otherwise()
  }
  const isNeeded = Object.values(options).some((value) => value !== undefined) || FOR_NEW_WORKERS.some(differs)
  return isNeeded ? (options as ReloadOptions) : undefined
}
