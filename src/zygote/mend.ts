import { randomInt, randomUUID } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import type { ProcessBinding } from '../native/types.js'
import { reseed } from './random.js'

/** How many identifiers Node prepares at once, of which a fork has the same. */
const UUID_CACHE = 128
/** How many numbers: 6 KiB, six bytes each. */
const INT_CACHE = 1024
const LARGEST_INT = 2 ** 48 - 1

/** Makes good what a fork leaves stale or shared. The event loop comes first: nothing may touch it before. */
export function mendAfterFork(native: ProcessBinding): void {
  native.loopFork()
  Object.defineProperty(process, 'pid', {
    value: native.processId(),
    writable: false,
    enumerable: true,
    configurable: true,
  })
  // For those who have `import { pid } from 'node:process'`.
  syncBuiltinESMExports()
  reseed()
  // Whether the caches are filled cannot be seen from outside; using them up takes a tenth of a millisecond.
  for (let drawn = 0; drawn < UUID_CACHE; drawn++) randomUUID()
  for (let drawn = 0; drawn < INT_CACHE; drawn++) randomInt(LARGEST_INT)
}
