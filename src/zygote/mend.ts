import { syncBuiltinESMExports } from 'node:module'
import type { ProcessBinding } from '../native/types.js'
import { type ExportedId, exportedId, fillInProcessId, openExportedId, renewProcessId } from './process-id.js'
import { forgetSeed } from './random.js'
import { drawCaches, emptyRandomCaches } from './random-caches.js'

/** What of the zygote a fork need not mend. */
export interface Spared {
  /** The caches of `node:crypto` are empty: see {@link emptyRandomCaches}. */
  readonly randomCaches: boolean
  /** What the exports of `node:process` have of its id. */
  readonly exportedId: ExportedId
}

/** To be called before a fork. */
export function spare(): Spared {
  return { randomCaches: emptyRandomCaches(), exportedId: exportedId() }
}

/** To be called right before the first of the forks beside which nothing else runs any more. */
export function spareForGood(): Spared {
  return { randomCaches: emptyRandomCaches(), exportedId: openExportedId() }
}

/** What mending takes of the binding. */
export type Mender = Pick<ProcessBinding, 'loopFork' | 'processId' | 'replaceNumber'>

/** An object of its own for that, so that V8 knows its shape in forks from the rehearsal. */
export function menderOf({ processId, replaceNumber }: Omit<Mender, 'loopFork'>, loopFork: () => void): Mender {
  return { loopFork, processId, replaceNumber }
}

/**
 * Makes good what a fork leaves stale or shared. The event loop comes first: nothing may touch it before.
 *
 * @param spared what {@link spare} or {@link spareForGood} said before the fork
 */
export function mendAfterFork(mender: Mender, spared: Spared): void {
  mender.loopFork()
  if (spared.exportedId !== 'open') renewProcessId(mender)
  if (spared.exportedId === 'stale' || (spared.exportedId === 'open' && !fillInProcessId(mender)))
    syncBuiltinESMExports()
  forgetSeed()
  if (!spared.randomCaches) drawCaches()
}
