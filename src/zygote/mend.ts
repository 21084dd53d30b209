import { syncBuiltinESMExports } from 'node:module'
import type { ProcessBinding } from '../native/types.js'
import { hasProcessExports, renewProcessId } from './process-id.js'
import { forgetSeed } from './random.js'
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

/** What mending takes of the binding. */
export type Mender = Pick<ProcessBinding, 'loopFork' | 'processId'>

/** An object of its own for that, so that V8 knows its shape in forks from the rehearsal. */
export function menderOf({ processId }: Mender, loopFork: () => void): Mender {
  return { loopFork, processId }
}

/**
 * Makes good what a fork leaves stale or shared. The event loop comes first: nothing may touch it before.
 *
 * @param spared what {@link spare} said before the fork
 */
export function mendAfterFork(mender: Mender, spared: Spared): void {
  mender.loopFork()
  renewProcessId(mender)
  // It goes through all that modules have imported of Node, which takes a tenth of the start of a worker.
  if (!spared.processExports) syncBuiltinESMExports()
  forgetSeed()
  if (!spared.randomCaches) drawCaches()
}
