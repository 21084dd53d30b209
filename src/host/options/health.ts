import { checkKeys, checkTime } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/** Options of `health`. Times are milliseconds; `Infinity` is a time that never comes. */
export interface HealthOptions {
  /** Between two looks at the workers that have tasks; a pool without tasks is not looked at. Default 1000. */
  interval?: number | undefined
  /**
   * How long a worker may be stopped (SIGSTOP) before it is killed; its tasks are rejected with
   * ERR_HATCHERY_WORKER_UNRESPONSIVE, or tried again. One that a debugger holds is left alone. Default 10 000.
   */
  stoppedTimeout?: number | undefined
  /**
   * How long a worker that is in no task may fail to take up those it is given before it is killed. They go to other
   * workers at once, so none is lost. Default 30 000.
   */
  unresponsiveTimeout?: number | undefined
  /**
   * How long a task may keep its worker's event loop from turning without computing anything, as when it waits for a lock
   * or in `execSync`, before the worker is killed. Default `Infinity`: a task may wait as it likes, and is limited by its
   * own `timeout`.
   */
  blockedTimeout?: number | undefined
}

/** Options of a pool about the health of its workers. */
export interface PoolHealthOptions {
  /** When workers are looked at and what is too long; `false`: they are not looked at. */
  health?: HealthOptions | false | undefined
}

/** {@link HealthOptions} after all defaults. Milliseconds; 0 = never. */
export interface ResolvedHealthOptions {
  readonly interval: number
  readonly stoppedTimeout: number
  readonly unresponsiveTimeout: number
  readonly blockedTimeout: number
}

/** {@link PoolHealthOptions} after all defaults. */
export interface ResolvedPoolHealthOptions {
  readonly health: ResolvedHealthOptions | false
}

const KEYS: ReadonlySet<string> = new Set([
  'interval',
  'stoppedTimeout',
  'unresponsiveTimeout',
  'blockedTimeout',
] satisfies (keyof HealthOptions)[])

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveHealth({ health = {} }: PoolHealthOptions): ResolvedPoolHealthOptions {
  if (health !== false && (typeof health !== 'object' || health === null)) {
    throw invalidOption('health', 'an object, or false', health)
  }
  if (health === false) return { health }
  checkKeys('health', health, KEYS)
  const time = (name: keyof HealthOptions, otherwise: number) =>
    checkTime(`health.${name}`, health[name] ?? otherwise, 1, 0)
  return {
    health: Object.freeze({
      interval: time('interval', 1000),
      stoppedTimeout: time('stoppedTimeout', 10_000),
      unresponsiveTimeout: time('unresponsiveTimeout', 30_000),
      blockedTimeout: time('blockedTimeout', Infinity),
    }),
  }
}

/** What the driver is told. */
export function nativeHealth({ health }: ResolvedPoolHealthOptions): ResolvedHealthOptions {
  return health === false ? NOT_LOOKED_AT : health
}

const NOT_LOOKED_AT = { interval: 0, stoppedTimeout: 0, unresponsiveTimeout: 0, blockedTimeout: 0 }
