import { isDeepStrictEqual } from 'node:util'
import { checkKeys } from './check.js'
import { RECOVERY_KEYS } from './options/recovery.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { RELOADABLE } from './reload.js'
import { resolveOptions } from './resolve-options.js'

/** Names of the options that `pool.configure()` takes. */
export const CONFIGURABLE = [
  'name',
  'taskTimeout',
  'queueTimeout',
  'killGrace',
  'startTimeout',
  'closeTimeout',
  'handleSignals',
  'health',
  'idleTimeout',
  'scaling',
  'spares',
  'maxQueue',
  'queuePolicy',
  'queueHighWaterMark',
  'queueLowWaterMark',
  'ageing',
  ...RECOVERY_KEYS,
  'maxTasks',
  'maxAge',
  'maxRss',
  'rlimits',
  'nice',
  'oomScoreAdj',
  'maxSharedMemory',
  'sharedMemoryPolicy',
] as const satisfies readonly (keyof PoolOptions & keyof ResolvedPoolOptions)[]

/** An option that can change while the pool runs, by {@link Pool.configure}. */
export type ConfigureOption = (typeof CONFIGURABLE)[number]

/** Options of `pool.configure()`: what is to be different from now on. */
export type ConfigureOptions = Pick<PoolOptions, ConfigureOption>

const KNOWN: ReadonlySet<string> = new Set(CONFIGURABLE)

/** How an option changes that `configure` does not take. */
function changedOtherwise(option: string): string | undefined {
  if (option === 'minWorkers' || option === 'maxWorkers') return 'pool.resize() changes it'
  if (RELOADABLE.has(option)) return 'pool.reload() changes it'
  if (FIXED.has(option)) return 'a pool has it for life'
  return undefined
}

const FIXED: ReadonlySet<string> = new Set([
  'startMethod',
  'concurrency',
  'affinity',
  'sandbox',
  'cgroup',
] satisfies (keyof PoolOptions)[])

/** Options whose defaults, or whose very value, an option brings along. */
const FOLLOWERS: { readonly [Key in ConfigureOption]?: readonly (keyof ResolvedPoolOptions)[] } = {
  maxQueue: ['queueHighWaterMark', 'queueLowWaterMark'],
  queueHighWaterMark: ['queueLowWaterMark'],
  scaling: ['idleTimeout'],
  closeTimeout: ['signalCloseTimeout'],
}

/** Those of a pool's options that can be configured later. */
export function configurable(options: PoolOptions): ConfigureOptions {
  return Object.fromEntries(
    CONFIGURABLE.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  ) as ConfigureOptions
}

/** What comes of a change. */
export interface Configured {
  /** All that the user has given so far. */
  readonly configured: ConfigureOptions
  /** All options, with the changes. */
  readonly options: ResolvedPoolOptions
  readonly changed: ConfigureOption[]
}

/**
 * Checks what is to change against what there is.
 *
 * @param before what the user has given so far, from which defaults follow
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function resolveConfigure(
  given: ConfigureOptions,
  before: ConfigureOptions,
  current: ResolvedPoolOptions,
): Configured {
  checkKeys('configure', given, KNOWN, changedOtherwise)
  const configured = { ...before, ...given }
  const { minWorkers, maxWorkers, concurrency, sandbox } = current
  const fresh = sandbox.fresh ? { sandbox: 'fresh' as const } : {}
  const next = resolveOptions({ ...configured, ...fresh, minWorkers, maxWorkers, concurrency })
  const changes: Record<string, unknown> = {}
  for (const key of Object.keys(given) as ConfigureOption[]) {
    for (const name of [key, ...(FOLLOWERS[key] ?? [])]) {
      if (!isDeepStrictEqual(next[name], current[name])) changes[name] = next[name]
    }
  }
  const changed = CONFIGURABLE.filter((key) => Object.hasOwn(changes, key))
  return { configured, options: Object.freeze({ ...current, ...changes }), changed }
}
