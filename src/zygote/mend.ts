import { syncBuiltinESMExports } from 'node:module'
import { type ExportedId, type FillIn, fillInProcessId, forgetProcessId, openExportedId } from './process-id.js'
import { forgetSeed } from './random.js'
import { drawCaches, emptyRandomCaches } from './random-caches.js'

/** What of the zygote a fork need not mend. */
export interface Spared {
  /** The caches of `node:crypto` are empty: see {@link emptyRandomCaches}. */
  readonly randomCaches: boolean
  /** What the exports of `node:process` have of its id. */
  readonly exportedId: ExportedId
}

/**
 * Has forks find as little as can be that is stale or shared. To be called right before the first of the forks beside which nothing
 * else runs any more.
 */
export function spare(): Spared {
  const exportedId = openExportedId()
  forgetProcessId()
  forgetSeed()
  return { randomCaches: emptyRandomCaches(), exportedId }
}

/**
 * Makes good what is stale or shared in a fork all the same, whose event loop is usable again.
 *
 * @param spared what {@link spare} said before the fork
 * @param fillIn of the binding
 */
export function mendAfterFork(spared: Spared, fillIn: FillIn): void {
  const { exportedId } = spared
  if (exportedId === 'stale' || (exportedId === 'open' && !fillInProcessId(fillIn))) syncBuiltinESMExports()
  if (!spared.randomCaches) drawCaches()
}
