import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import type { ProcessBinding } from '../native/types.js'
import { reseed } from './random.js'
import { drawCaches } from './random-caches.js'

/**
 * Makes good what a fork leaves stale or shared. The event loop comes first: nothing may touch it before.
 *
 * @param cachesEmpty what {@link emptyRandomCaches} said before the fork
 */
export function mendAfterFork(
  native: Pick<ProcessBinding, 'loopFork' | 'processId' | 'randomWord'>,
  cachesEmpty: boolean,
): void {
  native.loopFork()
  Object.defineProperty(process, 'pid', {
    value: native.processId(),
    writable: false,
    enumerable: true,
    configurable: true,
  })
  // For those who have `import { pid } from 'node:process'`.
  syncBuiltinESMExports()
  reseed(native)
  if (!cachesEmpty) drawCaches()
}
