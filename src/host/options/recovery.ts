import { closestWord } from '../../errors/closest-word.js'
import { ERROR_CODES, type HatcheryErrorCode } from '../../errors/index.js'
import type { NativeRecoveryOptions, NativeRule } from '../../native/index.js'
import { checkInteger, checkKeys, checkOneOf, checkTime, MAX_TIME } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/**
 * What is done about a failure; each includes those before it, but for `'ignore'`.
 *
 * - `'ignore'`: the task is rejected, retries or not. A worker that died is replaced, and its death does not count
 *   towards `maxRestarts`.
 * - `'retry'`: the task is run again while it has `retries` left.
 * - `'restart-worker'`: and the worker it ran in gets no more tasks, and is replaced when it has ended those it has.
 * - `'restart-pool'`: and so are all other workers.
 * - `'shutdown'`: the pool fails, and every pending task is rejected with the reason.
 */
export type RecoveryStrategy = 'ignore' | 'retry' | 'restart-worker' | 'restart-pool' | 'shutdown'

/** Pauses that grow. Times are milliseconds. */
export interface BackoffOptions {
  /** Before the first further try; 0: no pauses. */
  readonly initial?: number | undefined
  /** What each pause is longer by than the one before. */
  readonly factor?: number | undefined
  /** Longest pause. */
  readonly max?: number | undefined
  /** Part of each pause that is left to chance, from 0 to 1. */
  readonly jitter?: number | undefined
}

/** {@link BackoffOptions} after all defaults. */
export type ResolvedBackoff = { readonly [Key in keyof BackoffOptions]-?: number }

/** A failure on which a function has the last word. */
export interface RecoverableFailure {
  /** Which kind: `'thrown'` for what a task has thrown, else the code of the error. */
  readonly code: 'thrown' | HatcheryErrorCode
  /** What the task will be rejected with unless it is run again; without a task, what happened to the worker or pool. */
  readonly error: unknown
  /** Export that was called; undefined if a worker died without a task, or the pool is about to give up. */
  readonly taskName: string | undefined
  /** Which attempt failed; 1 is the first, 0: no task. */
  readonly attempt: number
  /** Attempts that may still be made. */
  readonly retriesLeft: number
  /** Workers that have died under the task. */
  readonly crashes: number
  /** The pool's number for the worker. */
  readonly workerId: number | undefined
  /** What is done if the function returns nothing. */
  readonly strategy: RecoveryStrategy
}

/** Has the last word on a failure; undefined leaves it to the table. Must answer at once: a promise is no answer. */
export type RecoveryFunction = (failure: RecoverableFailure) => RecoveryStrategy | undefined

/** Strategies for the codes that something can be done about. */
export type RecoveryByCode = { readonly [Code in RecoverableCode]?: RecoveryStrategy | undefined }

/** The codes that a {@link RecoveryTable} may name. */
export type RecoverableCode =
  | 'ERR_HATCHERY_WORKER_UNRESPONSIVE'
  | 'ERR_HATCHERY_WORKER_EXITED'
  | 'ERR_HATCHERY_WORKER_SIGNALLED'
  | 'ERR_HATCHERY_WORKER_ENDED'
  | 'ERR_HATCHERY_WORKER_ABORTED'
  | 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY'
  | 'ERR_HATCHERY_WORKER_LANE_CORRUPT'
  | 'ERR_HATCHERY_WORKER_LOST'
  | 'ERR_HATCHERY_WORKER_START_FAILED'
  | 'ERR_HATCHERY_WORKER_MODULE_FAILED'
  | 'ERR_HATCHERY_PRELOAD_FAILED'
  | 'ERR_HATCHERY_TASK_TIMEOUT'
  | 'ERR_HATCHERY_RESULT_LOST'
  | 'ERR_HATCHERY_RESTART_LIMIT'

/**
 * Strategies by kind of failure: an error code of Hatchery's; `'crash'` for the death of a worker under a task, however
 * it comes about; `'thrown'` for errors that tasks throw; the `code` or `name` of such an error; `'default'` for all
 * kinds that are not named, but for ERR_HATCHERY_RESTART_LIMIT. `decide` is a function that has the last word.
 */
export interface RecoveryTable extends RecoveryByCode {
  /** Of all kinds that are not named. */
  readonly default?: RecoveryStrategy | undefined
  /** Of a worker that died, however. */
  readonly crash?: RecoveryStrategy | undefined
  /** Of an error that a task threw. */
  readonly thrown?: RecoveryStrategy | undefined
  /** Has the last word. */
  readonly decide?: RecoveryFunction | undefined
  readonly [codeOrName: string]: RecoveryStrategy | RecoveryFunction | undefined
}

/** Options of a pool about what is done after failures. */
export interface RecoveryPoolOptions {
  /** Default of the task option `retries`; streams are never run again. Default 0: at most once. */
  retries?: number | undefined
  /**
   * Whether `retries` are for errors that tasks throw, too; or for which, by their `code` or `name`. Default false: only
   * for deaths of workers.
   */
  retryErrors?: boolean | readonly string[] | undefined
  /** Pauses before a task is run again. Default `{ initial: 100, factor: 2, max: 30_000, jitter: 0.5 }`. */
  retryBackoff?: BackoffOptions | undefined
  /**
   * A task under which so many workers have died is quarantined: rejected with ERR_HATCHERY_QUARANTINED, whatever retries
   * it has left, and kept in `pool.quarantine`. Default 5; Infinity: never.
   */
  maxCrashes?: number | undefined
  /** Tasks kept in quarantine; the oldest leave first. Default 100. */
  quarantineSize?: number | undefined
  /**
   * Workers that may die within `restartWindow`, under tasks or without, before the pool fails with
   * ERR_HATCHERY_RESTART_LIMIT; those that the pool kills itself do not count. Default 20 for each of `maxWorkers`, 100
   * at least; Infinity: any number.
   */
  maxRestarts?: number | undefined
  /** Default 10 000. */
  restartWindow?: number | undefined
  /**
   * Pauses before workers are started while they fail to start, or die before they have done anything. Default
   * `{ initial: 20, factor: 2, max: 2000, jitter: 0.25 }`.
   */
  restartBackoff?: BackoffOptions | undefined
  /** What is done about which failure: a table, or a function that has the last word. */
  recovery?: RecoveryTable | RecoveryFunction | undefined
}

/** {@link RecoveryPoolOptions} after all defaults. */
export interface ResolvedRecoveryOptions {
  readonly retries: number
  readonly retryErrors: boolean | readonly string[]
  readonly retryBackoff: ResolvedBackoff
  /** Infinity: tasks are not quarantined. */
  readonly maxCrashes: number
  readonly quarantineSize: number
  readonly maxRestarts: number
  readonly restartWindow: number
  readonly restartBackoff: ResolvedBackoff
  /** In a thread that has attached to the pool, without its function. */
  readonly recovery: RecoveryTable
}

/** Names of the options, for the check of those of a pool. */
export const RECOVERY_KEYS = [
  'retries',
  'retryErrors',
  'retryBackoff',
  'maxCrashes',
  'quarantineSize',
  'maxRestarts',
  'restartWindow',
  'restartBackoff',
  'recovery',
] as const satisfies readonly (keyof RecoveryPoolOptions)[]

const STRATEGIES = ['ignore', 'retry', 'restart-worker', 'restart-pool', 'shutdown'] as const
const BACKOFF_KEYS: ReadonlySet<string> = new Set([
  'initial',
  'factor',
  'max',
  'jitter',
] satisfies (keyof BackoffOptions)[])
const RETRY_BACKOFF = { initial: 100, factor: 2, max: 30_000, jitter: 0.5 }
const RESTART_BACKOFF = { initial: 20, factor: 2, max: 2000, jitter: 0.25 }
const MAX_RETRIES = 255
const MAX_QUARANTINE = 100_000
/** Counts are words to the driver, and the largest one is no limit. */
const NO_LIMIT = 0xffff_ffff

const PREFIX = 'ERR_HATCHERY_'

/** Keys of the table that are no codes or names. */
const RESERVED: ReadonlySet<string> = new Set(['default', 'crash', 'thrown', 'decide'])

/** Deaths of workers under tasks, as far as tasks may be to blame. */
const CRASHES: readonly HatcheryErrorCode[] = Object.values(ERROR_CODES).filter(
  (code) =>
    code.startsWith('ERR_HATCHERY_WORKER_') &&
    !(
      [
        ERROR_CODES.WORKER_LOST,
        ERROR_CODES.WORKER_START_FAILED,
        ERROR_CODES.WORKER_FILE_NOT_FOUND,
        ERROR_CODES.WORKER_MODULE_FAILED,
      ] as HatcheryErrorCode[]
    ).includes(code),
)

/** Other failures of Hatchery's own that something can be done about. */
const OTHERS: readonly HatcheryErrorCode[] = [
  ERROR_CODES.WORKER_LOST,
  ERROR_CODES.WORKER_START_FAILED,
  ERROR_CODES.WORKER_MODULE_FAILED,
  ERROR_CODES.PRELOAD_FAILED,
  ERROR_CODES.TASK_TIMEOUT,
  ERROR_CODES.RESULT_LOST,
]

/**
 * Checks the options and fills in the defaults.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function resolveRecovery(options: RecoveryPoolOptions, maxWorkers: number): ResolvedRecoveryOptions {
  const maxRestarts = options.maxRestarts ?? Math.max(100, 20 * maxWorkers)
  return {
    retries: checkInteger('retries', options.retries ?? 0, 0, MAX_RETRIES),
    retryErrors: checkRetryErrors(options.retryErrors ?? false),
    retryBackoff: resolveBackoff('retryBackoff', options.retryBackoff ?? {}, RETRY_BACKOFF),
    maxCrashes: checkCount('maxCrashes', options.maxCrashes ?? 5, 1),
    quarantineSize: checkInteger('quarantineSize', options.quarantineSize ?? 100, 0, MAX_QUARANTINE),
    maxRestarts: checkCount('maxRestarts', maxRestarts, 0),
    restartWindow: checkTime('restartWindow', options.restartWindow ?? 10_000, 1, MAX_TIME),
    restartBackoff: resolveBackoff('restartBackoff', options.restartBackoff ?? {}, RESTART_BACKOFF),
    recovery: resolveTable(options.recovery ?? {}),
  }
}

function checkCount(option: string, value: unknown, minimum: 0 | 1): number {
  return value === Infinity ? Infinity : checkInteger(option, value, minimum, NO_LIMIT - 1)
}

function checkRetryErrors(value: unknown): boolean | readonly string[] {
  if (typeof value === 'boolean') return value
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string' || name === ''))
    throw invalidOption('retryErrors', 'true, false, or an array of names and codes of errors', value)
  return Object.freeze([...(value as string[])])
}

function resolveBackoff(option: string, value: BackoffOptions, defaults: ResolvedBackoff) {
  if (typeof value !== 'object' || value === null) throw invalidOption(option, 'an object', value)
  checkKeys(option, value, BACKOFF_KEYS)
  const initial = checkTime(`${option}.initial`, value.initial ?? defaults.initial, 0, MAX_TIME)
  const max = checkTime(`${option}.max`, value.max ?? Math.max(defaults.max, initial), 0, MAX_TIME)
  const { factor = defaults.factor, jitter = defaults.jitter } = value
  if (typeof factor !== 'number' || !(factor >= 1) || factor === Infinity)
    throw invalidOption(`${option}.factor`, 'a number of at least 1', factor)
  if (typeof jitter !== 'number' || !(jitter >= 0 && jitter <= 1))
    throw invalidOption(`${option}.jitter`, 'a number from 0 to 1', jitter)
  if (initial > max) throw invalidOption(`${option}.initial`, `at most ${option}.max (${max})`, initial)
  return Object.freeze({ initial, factor, max, jitter })
}

function resolveTable(recovery: unknown): RecoveryTable {
  if (typeof recovery === 'function') return Object.freeze({ decide: recovery as RecoveryFunction })
  if (typeof recovery !== 'object' || recovery === null)
    throw invalidOption('recovery', 'an object of strategies or a function', recovery)
  const table: Record<string, RecoveryStrategy | RecoveryFunction> = {}
  for (const [key, value] of Object.entries(recovery)) {
    if (value === undefined) continue
    if (key === 'decide') {
      if (typeof value !== 'function') throw invalidOption('recovery.decide', 'a function', value)
      table[key] = value as RecoveryFunction
    } else {
      checkKey(key)
      table[key] = checkOneOf(`recovery.${key}`, value, STRATEGIES)
    }
  }
  return Object.freeze(table)
}

/**
 * A key of ours that is misspelled, a code that lacks its prefix, or one that stands for nothing that can be recovered from
 * must not pass in silence. Other keys are codes and names of errors that tasks throw, of which there may be any; those few
 * that look like ours are left to `decide`.
 */
function checkKey(key: string): void {
  const known: readonly string[] = [...CRASHES, ...OTHERS, ERROR_CODES.RESTART_LIMIT]
  if (RESERVED.has(key) || known.includes(key)) return
  const names = known.map((code) => code.slice(PREFIX.length))
  const name = closestWord(key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key, names)
  // Or the slip is in the prefix.
  const meant = name === undefined ? closestWord(key, [...RESERVED, ...known]) : `${PREFIX}${name}`
  if (meant === undefined && !key.startsWith(PREFIX)) return
  const hint =
    meant === undefined ? '' : ` (is ${meant} meant? An error of that very name can be dealt with in \`decide\`)`
  throw invalidOption('recovery', `of keys such as ${known.join(', ')}, crash, thrown, default${hint}`, key)
}

/** True if it is a strategy. */
export function isStrategy(value: unknown): value is RecoveryStrategy {
  return typeof value === 'string' && (STRATEGIES as readonly string[]).includes(value)
}

/** Strategies for errors that tasks throw, by their code or name. */
export function strategiesByName(options: ResolvedRecoveryOptions): ReadonlyMap<string, RecoveryStrategy> {
  const { recovery, retryErrors } = options
  const names = new Map<string, RecoveryStrategy>()
  if (typeof retryErrors === 'object') for (const name of retryErrors) names.set(name, 'retry')
  for (const [key, strategy] of Object.entries(recovery)) {
    if (!RESERVED.has(key) && !key.startsWith(PREFIX)) names.set(key, strategy as RecoveryStrategy)
  }
  return names
}

/** What the driver is told. It asks where it cannot know: names of errors, and why the pool is shut down. */
export function toNativeRecovery(options: ResolvedRecoveryOptions): NativeRecoveryOptions {
  const { recovery, retryErrors, maxCrashes, maxRestarts } = options
  const rules: NativeRule[] = []
  const add = (code: string, strategy: unknown, asks = false) => {
    if (isStrategy(strategy)) rules.push({ code, strategy, asks: asks || strategy === 'shutdown' })
  }
  for (const code of CRASHES) add(code, recovery[code] ?? recovery.crash ?? recovery.default)
  for (const code of OTHERS) add(code, recovery[code] ?? recovery.default)
  const thrown = recovery.thrown ?? recovery.default ?? (retryErrors === true ? 'retry' : 'ignore')
  add('thrown', thrown, strategiesByName(options).size > 0)
  add(ERROR_CODES.RESTART_LIMIT, recovery[ERROR_CODES.RESTART_LIMIT])
  return {
    retryBackoff: options.retryBackoff,
    maxCrashes: maxCrashes === Infinity ? 0 : maxCrashes,
    quarantineSize: options.quarantineSize,
    maxRestarts: Math.min(maxRestarts, NO_LIMIT),
    restartWindow: options.restartWindow,
    restartBackoff: options.restartBackoff,
    rules,
    asks: recovery.decide !== undefined,
  }
}
