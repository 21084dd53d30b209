import { ERROR_CODES, fromNativeError, HatcheryError } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import { checkKeys } from './check.js'
import { toNativeOptions } from './native-options.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { resolveOptions } from './resolve-options.js'

/** Options of `pool.reload()`: what is to be different from now on. What is left out stays as it is. */
export type ReloadOptions = Pick<
  PoolOptions,
  'filename' | 'preload' | 'shareFilename' | 'execArgv' | 'env' | 'workerData' | 'stdio' | 'maxHeap'
>

/** Names of the options that `pool.reload()` takes. */
export const RELOADABLE: ReadonlySet<string> = new Set([
  'filename',
  'preload',
  'shareFilename',
  'execArgv',
  'env',
  'workerData',
  'stdio',
  'maxHeap',
] satisfies (keyof ReloadOptions)[])

/** Options that a reload changes. */
export type ReloadChanges = Partial<
  Pick<
    ResolvedPoolOptions,
    'filename' | 'preload' | 'shareFilename' | 'execArgv' | 'env' | 'workerData' | 'stdout' | 'stderr' | 'maxHeap'
  >
>

/**
 * What a reload changes.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
 */
export function resolveReload(options: ReloadOptions): ReloadChanges {
  checkKeys('reload', options, RELOADABLE)
  const given = resolveOptions({ ...options })
  const changed: Record<string, unknown> = {}
  for (const key of Object.keys(options) as (keyof ReloadOptions)[]) {
    // As if it were left out.
    if (options[key] === undefined) continue
    if (key !== 'stdio') changed[key] = given[key]
    else Object.assign(changed, { stdout: given.stdout, stderr: given.stderr })
  }
  return changed
}

/** The error for a change of the pool by a thread that has only attached to it. */
export function notOwner(done: 'reloaded' | 'configured'): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, `A pool is ${done} by the thread that has made it.`)
}

/** The reload that is under way, if there is one. */
export class Reloading {
  readonly #native: Pick<NativePool, 'reload'>
  #changes: ReloadChanges | undefined
  #resolve: () => void = () => {}
  #reject: (reason: unknown) => void = () => {}

  constructor(native: Pick<NativePool, 'reload'>) {
    this.#native = native
  }

  /**
   * Begins one. Settles when it has ended.
   *
   * @throws ERR_HATCHERY_RELOAD_IN_PROGRESS, ERR_HATCHERY_DATA_CLONE, ERR_HATCHERY_SYSTEM
   */
  begin(current: ResolvedPoolOptions, changes: ReloadChanges): Promise<void> {
    if (this.#changes !== undefined) {
      throw new HatcheryError(
        ERROR_CODES.RELOAD_IN_PROGRESS,
        'The pool is being reloaded: wait for that to end before the next reload.',
      )
    }
    const nativeOptions = toNativeOptions({ ...current, ...changes }, true)
    try {
      this.#native.reload(nativeOptions)
    } catch (error) {
      throw fromNativeError(error)
    }
    this.#changes = changes
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** It is done: what holds from now on. */
  succeed(): ReloadChanges | undefined {
    const changes = this.#changes
    this.#changes = undefined
    this.#resolve()
    return changes
  }

  /** It is off. */
  fail(reason: unknown): void {
    this.#changes = undefined
    this.#reject(reason)
  }
}
