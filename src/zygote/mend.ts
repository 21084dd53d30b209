import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import type { ProcessBinding } from '../native/types.js'
import { reseed } from './random.js'
import { drawCaches, emptyRandomCaches } from './random-caches.js'

/** What of the zygote a fork need not mend. */
export interface Spared {
  /** The caches of `node:crypto` are empty: see {@link emptyRandomCaches}. */
  readonly randomCaches: boolean
  /** No module has the exports of `node:process`, which have the zygote's id. */
  readonly processExports: boolean
}

/** To be called right before the first fork: what is loaded afterwards may change it, for all forks. */
export function spare(): Spared {
  return { randomCaches: emptyRandomCaches(), processExports: !hasProcessExports() }
}

/**
 * Whether a module may have `import { pid } from 'node:process'`. Node makes the exports of a module of its own when the
 * first module imports it (`require` has none of them), and reads them anew when they are synchronized.
 */
function hasProcessExports(): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(process, 'pid')!
  let read = false
  const get = () => {
    read = true
    return descriptor.value as unknown
  }
  Object.defineProperty(process, 'pid', { get, enumerable: true, configurable: true })
  try {
    syncBuiltinESMExports()
  } finally {
    Object.defineProperty(process, 'pid', descriptor)
  }
  return read
}

/**
 * Makes good what a fork leaves stale or shared. The event loop comes first: nothing may touch it before.
 *
 * @param spared what {@link spare} said before the fork
 */
export function mendAfterFork(
  native: Pick<ProcessBinding, 'loopFork' | 'processId' | 'randomWord'>,
  spared: Spared,
): void {
  native.loopFork()
  Object.defineProperty(process, 'pid', {
    value: native.processId(),
    writable: false,
    enumerable: true,
    configurable: true,
  })
  // It goes through all that modules have imported of Node, which takes a tenth of the start of a worker.
  if (!spared.processExports) syncBuiltinESMExports()
  reseed(native)
  if (!spared.randomCaches) drawCaches()
}
