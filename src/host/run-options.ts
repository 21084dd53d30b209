import { AsyncResource } from 'node:async_hooks'
import { unknownOption } from '../errors/unknown-option.js'
import { checkTransferList } from '../segments/move.js'
import { checkBoolean, checkFunction, checkInteger, checkOneOf, checkText, checkTime } from './check.js'
import { invalidOption } from './invalid-option.js'
import { packQueueTimeout } from './options/deadlines.js'
import { ADDRESSED } from './record.js'

/** Which tasks go first when workers are scarce. */
export type Priority = 'high' | 'normal' | 'low'

/** Options of one task. */
export interface TaskOptions {
  /** By which `pool.cancel` finds the task; no other pending task of this pool may have it. */
  id?: string | undefined
  /** Aborts the task: first through its own signal, then, after the pool's `killGrace`, by killing its worker. */
  signal?: AbortSignal | undefined
  /** Milliseconds it may run, from when a worker begins it; past them it is treated as aborted. Default `taskTimeout` of the pool. */
  timeout?: number | undefined
  /**
   * Milliseconds it may wait until a worker begins it; past them it is rejected with ERR_HATCHERY_QUEUE_TIMEOUT and never
   * runs. Default: that of the pool.
   */
  queueTimeout?: number | undefined
  /** Default `'normal'`. */
  priority?: Priority | undefined
  /**
   * How often the task is tried again if its worker dies under it (0 to 255). Default: the pool's `retries`, which is 0
   * unless it was set: at most once.
   */
  retries?: number | undefined
  /** Whether `retries` are for errors that the task throws, too. Default: what the pool's `retryErrors` says. */
  retryErrors?: boolean | undefined
  /**
   * ArrayBuffers (or views on them) that are taken away from this process once the task has been sent, as with
   * `postMessage`. See also `move()`.
   */
  transferList?: readonly unknown[] | undefined
  /** Called with each value the task hands to `progress()`. What it throws becomes an uncaught exception. */
  onProgress?: ((value: any) => void) | undefined
}

/** Options of `pool.run()`. */
export interface RunOptions extends TaskOptions {
  /** Export to call; default is the pool's `name`. */
  name?: string | undefined
  /** Module to call it in; default is the pool's `filename`. */
  filename?: string | URL | undefined
}

/**
 * Options of `pool.runSync()`. A `signal` that has fired already counts; no other can, while its thread is blocked.
 * `timeout` limits the whole call, the time before the task begins included.
 */
export interface RunSyncOptions extends Omit<RunOptions, 'onProgress' | 'id'> {}

/** Options of one stream. Without `retries`: what it has yielded it would yield again. */
export interface TaskStreamOptions extends Omit<TaskOptions, 'retries' | 'retryErrors'> {
  /**
   * Items that may be under way or wait for the consumer; the generator is never further ahead than that. The same
   * holds for each stream among the arguments. Default 16.
   */
  highWaterMark?: number | undefined
}

/** Options of `pool.stream()`. `timeout` limits the time of the whole stream, however slow its consumer is. */
export interface StreamOptions extends TaskStreamOptions, Omit<RunOptions, 'retries' | 'retryErrors'> {}

/** {@link TaskOptions} checked, and packed as the staging record wants them. */
export interface PackedOptions {
  readonly id: string | undefined
  readonly signal: AbortSignal | undefined
  /** Milliseconds, 0 = none. */
  readonly timeout: number
  /** Milliseconds, 0 = that of the pool, 0xffffffff = none. */
  readonly queueTimeout: number
  /** Bits 0-1 priority, bit 2 addressed, bits 4-5 whether errors are retried (1) or not (2), bits 8-15 retries. */
  readonly word: number
  readonly onProgress: ((value: any) => void) | undefined
  /** What is taken away once the task is sent. */
  readonly transferList: readonly ArrayBuffer[]
  /** There is nothing for this thread to see to until the task settles: no id, signal or listener, nothing to take away. */
  readonly isPlain: boolean
}

export const PRIORITIES = ['high', 'normal', 'low'] as const
const NORMAL = 1
const RETRY_ERRORS = 1 << 4
const KEEP_ERRORS = 2 << 4
const RETRIES_SHIFT = 8

const KNOWN: ReadonlySet<string> = new Set([
  'signal',
  'id',
  'timeout',
  'queueTimeout',
  'priority',
  'retries',
  'retryErrors',
  'onProgress',
  'transferList',
  'name',
  'filename',
] satisfies (keyof RunOptions)[])

const NOTHING: readonly ArrayBuffer[] = []

/** A task with no options. */
export const DEFAULT_PACKED: PackedOptions = Object.freeze({
  id: undefined,
  signal: undefined,
  timeout: 0,
  queueTimeout: 0,
  word: NORMAL,
  onProgress: undefined,
  transferList: NOTHING,
  isPlain: true,
})

/** What a task has that its own options do not say. */
interface Defaults {
  readonly retries: number
  /** Milliseconds, 0 = none. */
  readonly timeout: number
  /** A task with no options. */
  readonly packed: PackedOptions
}

/** A task with no options in a pool with these defaults. */
export function defaultPacked({ retries, timeout }: Omit<Defaults, 'packed'>): PackedOptions {
  return retries === 0 && timeout === 0
    ? DEFAULT_PACKED
    : Object.freeze({ ...DEFAULT_PACKED, word: NORMAL | (retries << RETRIES_SHIFT), timeout })
}

const NO_DEFAULTS: Defaults = { retries: 0, timeout: 0, packed: DEFAULT_PACKED }

/**
 * Checks and packs the options of one task.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_DATA_CLONE for what cannot be moved
 */
export function packOptions(options: RunOptions, defaults: Defaults = NO_DEFAULTS): PackedOptions {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'an object', options)
  checkTaskKeys(options)
  const { id, signal, timeout, queueTimeout, priority, retries, retryErrors, onProgress, transferList } = options
  const isPlain = id === undefined && signal === undefined && onProgress === undefined && transferList === undefined
  // The most frequent options name a function, and nothing else: no object is made for them.
  const isDefault =
    timeout === undefined &&
    queueTimeout === undefined &&
    priority === undefined &&
    retries === undefined &&
    retryErrors === undefined
  if (isPlain && isDefault) return defaults.packed
  let word = NORMAL
  if (priority !== undefined) word = PRIORITIES.indexOf(checkOneOf('priority', priority, PRIORITIES))
  word |= (retries === undefined ? defaults.retries : checkInteger('retries', retries, 0, 255)) << RETRIES_SHIFT
  if (retryErrors !== undefined) word |= checkBoolean('retryErrors', retryErrors) ? RETRY_ERRORS : KEEP_ERRORS
  if (signal !== undefined) checkSignal(signal)
  if (signal !== undefined || id !== undefined) word |= ADDRESSED
  if (onProgress !== undefined) checkFunction('onProgress', onProgress)
  return {
    id: id === undefined ? undefined : checkText('id', id),
    signal,
    timeout: timeout === undefined ? defaults.timeout : checkTime('timeout', timeout, 1, 0),
    queueTimeout: packQueueTimeout(queueTimeout),
    word,
    // In the caller's context, as all that he awaits.
    onProgress: onProgress && AsyncResource.bind(onProgress),
    transferList: transferList === undefined ? NOTHING : resolveTransferList(transferList),
    isPlain,
  }
}

/** As `checkKeys`, but without a list of the keys: this is for each task. */
function checkTaskKeys(options: object): void {
  for (const key in options) {
    if (key !== 'name' && !KNOWN.has(key) && Object.hasOwn(options, key)) throw unknownOption('run', key, KNOWN)
  }
}

/**
 * The defaults of what is not run again.
 *
 * @param timeout milliseconds, 0 = none
 */
export function onceOnly(timeout: number): Defaults {
  const defaults = { retries: 0, timeout }
  return { ...defaults, packed: defaultPacked(defaults) }
}

/** Items under way, unless the caller says otherwise. */
export const DEFAULT_HIGH_WATER_MARK = 16
/** A window beyond this is none. */
const MAX_HIGH_WATER_MARK = 65_536

/**
 * As {@link packOptions}, for a stream.
 *
 * @param timeout milliseconds, 0 = none, of one that does not say
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function packStreamOptions(
  options: StreamOptions,
  timeout: number,
): PackedOptions & { readonly highWaterMark: number } {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'an object', options)
  const { highWaterMark, ...rest } = options
  const limit = highWaterMark === undefined ? DEFAULT_HIGH_WATER_MARK : highWaterMark
  const packed = packOptions(rest, onceOnly(timeout))
  checkNoRetries(packed)
  return { ...packed, highWaterMark: checkInteger('highWaterMark', limit, 1, MAX_HIGH_WATER_MARK) }
}

/**
 * A task whose stream has been heard of, or whose arguments have been used up, cannot be run again.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkNoRetries(packed: PackedOptions): void {
  const retries = packed.word >> RETRIES_SHIFT
  if (retries !== 0) throw invalidOption('retries', '0 for a task with streams: they cannot be had again', retries)
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function checkName(name: unknown): string {
  return checkText('name', name)
}

function resolveTransferList(list: unknown): readonly ArrayBuffer[] {
  if (!Array.isArray(list)) throw invalidOption('transferList', 'an array of ArrayBuffers', list)
  return checkTransferList(list)
}

/** By shape and not by class: signals of polyfills and of other realms serve as well. */
function checkSignal(signal: AbortSignal): void {
  if (
    typeof signal !== 'object' ||
    signal === null ||
    typeof signal.aborted !== 'boolean' ||
    typeof signal.addEventListener !== 'function' ||
    typeof signal.removeEventListener !== 'function'
  ) {
    throw invalidOption('signal', 'an AbortSignal', signal)
  }
}
