import { pid } from 'node:process'
import type { NativePool } from '../native/index.js'
import { invalidOption } from './invalid-option.js'
import { attachNativePool } from './native-pool.js'
import type { ResolvedPoolOptions } from './pool-options.js'

/** What a thread needs to use a pool of another thread: plain data, for `workerData` or `postMessage`. */
export interface PoolHandle {
  /** The pool's number in its process. */
  readonly pool: number
  /** The process that has the pool. */
  readonly pid: number
  /** The options of the pool as they are now, but for `workerData` and `logger`, which need not be what can be sent. */
  readonly options: ResolvedPoolOptions
}

/** The handle of a pool. */
export function makeHandle(native: NativePool, options: ResolvedPoolOptions): PoolHandle {
  // Functions cannot be sent, and failures are the maker's to decide on.
  const { decide: _, ...recovery } = options.recovery
  return { pool: native.handle(), pid, options: { ...options, workerData: undefined, logger: undefined, recovery } }
}

/** What the constructor of a Pool is given in the place of options, when it attaches to one. */
export class Attachment {
  readonly native: NativePool
  readonly options: ResolvedPoolOptions

  /** @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED */
  constructor(handle: PoolHandle) {
    if (typeof handle !== 'object' || handle === null || !Number.isInteger(handle.pool) || !handle.options)
      throw invalidOption('handle', 'what pool.handle() has returned', handle)
    if (handle.pid !== pid) throw invalidOption('handle', `of a pool of this process (${pid})`, handle.pid)
    this.native = attachNativePool(handle.pool)
    this.options = Object.freeze({ ...handle.options })
  }
}
