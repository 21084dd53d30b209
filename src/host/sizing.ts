import type { NativePool } from '../native/index.js'
import { checkInteger, checkKeys } from './check.js'
import { invalidOption } from './invalid-option.js'
import type { Liveness } from './liveness.js'
import type { ResolvedPoolOptions } from './pool-options.js'
import { MAX_WORKERS } from './resolve-options.js'

/** What `pool.resize()` takes: bounds, of which one that is left out stays as it is. */
export interface PoolSize {
  /** Workers kept even when idle. */
  min?: number | undefined
  /** Workers at most. */
  max?: number | undefined
}

const KNOWN: ReadonlySet<string> = new Set(['min', 'max'] satisfies (keyof PoolSize)[])

/** Somebody who waits for the pool to be as large as asked for. */
interface Waiter {
  readonly number: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

/** Changes how many workers a pool has while it runs. */
export class Sizing {
  readonly #native: Pick<NativePool, 'resize'>
  readonly #liveness: Liveness
  #waiters: Waiter[] = []

  constructor(native: Pick<NativePool, 'resize'>, liveness: Liveness) {
    this.#native = native
    this.#liveness = liveness
  }

  /**
   * Asks for other bounds.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  resize(minWorkers: number, maxWorkers: number): Promise<void> {
    const number = this.#native.resize(minWorkers, maxWorkers)
    this.#liveness.hold()
    return new Promise((resolve, reject) => this.#waiters.push({ number, resolve, reject }))
  }

  /** The size that was asked for under this number has been reached, or one that was asked for later. */
  reached(number: number): void {
    const done = this.#waiters.filter((waiter) => waiter.number <= number)
    this.#waiters = this.#waiters.filter((waiter) => waiter.number > number)
    for (const { resolve } of done) {
      this.#liveness.release()
      resolve()
    }
  }

  /** It will not be reached any more. */
  end(reason: unknown): void {
    for (const { reject } of this.#waiters.splice(0)) {
      this.#liveness.release()
      reject(reason)
    }
  }
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function checkSize(size: number | PoolSize, current: ResolvedPoolOptions): { min: number; max: number } {
  if (typeof size === 'number') {
    const both = checkInteger('size', size, 1, MAX_WORKERS)
    return { min: both, max: both }
  }
  if (typeof size !== 'object' || size === null) throw invalidOption('size', 'a number, or { min, max }', size)
  checkKeys('resize', size, KNOWN)
  const max = checkInteger('max', size.max ?? current.maxWorkers, 1, MAX_WORKERS)
  const min = checkInteger('min', size.min ?? current.minWorkers, 0, MAX_WORKERS)
  if (min > max) throw invalidOption('min', `at most max (${max})`, min)
  return { min, max }
}
