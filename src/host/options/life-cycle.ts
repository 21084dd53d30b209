import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { checkTime, MAX_TIME } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/** Options that concern the end of a pool. */
export interface LifeCycleOptions {
  /**
   * Signals to this process that close the pool: `true` for SIGTERM and SIGINT, or a list. When all pools that heed the
   * signal are closed and nobody else listens to it, the process ends by it; a second signal does not wait for tasks. Only
   * in the main thread. Default false.
   */
  handleSignals?: boolean | readonly NodeJS.Signals[] | undefined
  /**
   * How long `close()` waits for tasks if it is not told, in milliseconds. Default Infinity; if a signal closes the pool,
   * 30 000.
   */
  closeTimeout?: number | undefined
}

/** {@link LifeCycleOptions} after all defaults. */
export interface ResolvedLifeCycleOptions {
  /** Empty: none. */
  readonly handleSignals: readonly NodeJS.Signals[]
  /** Infinity: for ever. */
  readonly closeTimeout: number
  /** The same, for a pool that a signal closes. */
  readonly signalCloseTimeout: number
}

export const LIFE_CYCLE_KEYS = ['handleSignals', 'closeTimeout'] as const satisfies (keyof LifeCycleOptions)[]

const DEFAULT_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']
const SIGNAL_CLOSE_TIMEOUT = 30_000

/** Those that no process hears of, and those that mean that it is broken. */
const UNHEARD: ReadonlySet<string> = new Set(['SIGKILL', 'SIGSTOP', 'SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL'])

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveLifeCycle(options: LifeCycleOptions): ResolvedLifeCycleOptions {
  const { closeTimeout } = options
  const given = closeTimeout === undefined ? undefined : checkCloseTimeout('closeTimeout', closeTimeout)
  return {
    handleSignals: resolveSignals(options.handleSignals ?? false),
    closeTimeout: given ?? Infinity,
    signalCloseTimeout: given ?? SIGNAL_CLOSE_TIMEOUT,
  }
}

/** A time that a close may take; `Infinity` is for ever. */
export function checkCloseTimeout(option: string, value: unknown): number {
  const time = checkTime(option, value, 0, MAX_TIME)
  return value === Infinity ? Infinity : time
}

function resolveSignals(signals: boolean | readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  const list = typeof signals === 'boolean' ? (signals ? DEFAULT_SIGNALS : []) : signals
  if (!Array.isArray(list) || !list.every(isSignal)) {
    throw invalidOption('handleSignals', 'true, false or an array of names of signals that can be handled', signals)
  }
  if (list.length > 0 && !isMainThread) {
    throw invalidOption('handleSignals', 'left out in a worker_thread, where Node hears of no signals', signals)
  }
  return Object.freeze([...new Set(list)])
}

function isSignal(name: unknown): name is NodeJS.Signals {
  return typeof name === 'string' && Object.hasOwn(constants.signals, name) && !UNHEARD.has(name)
}
