import { AsyncResource } from 'node:async_hooks'
import { loadedCrypto } from './loaded-crypto.js'

/** How many identifiers Node prepares at once, of which a fork has the same. */
const UUID_CACHE = 128
/** How many numbers: 6 KiB, six bytes each. */
const INT_CACHE = 1024
const LARGEST_INT = 2 ** 48 - 1

/**
 * Draws from the caches of `node:crypto` until they are just used up, so that each fork fills its own. To be called
 * right before the first fork: whatever draws afterwards fills them for all forks. False: with this Node it cannot be
 * seen when a cache is filled, and each fork has to {@link drawCaches}.
 */
export function emptyRandomCaches(): boolean {
  const from = sources()
  return from === undefined || (emptyCache(from.drawUUID, UUID_CACHE) && emptyCache(from.drawInt, INT_CACHE))
}

/** Draws as much as the caches hold, so that what is drawn after that is this process's own. */
export function drawCaches(): void {
  const from = sources()
  if (from === undefined) return
  for (let drawn = 0; drawn < UUID_CACHE; drawn++) from.drawUUID()
  for (let drawn = 0; drawn < INT_CACHE; drawn++) from.drawInt()
}

/** Undefined where nobody has loaded them: who does later has caches of their own. */
function sources(): { drawUUID: () => unknown; drawInt: () => unknown } | undefined {
  const crypto = loadedCrypto()
  if (crypto === undefined) return undefined
  const { randomUUID, randomInt } = crypto
  return { drawUUID: randomUUID, drawInt: () => randomInt(LARGEST_INT) }
}

/** True: the next draw fills the cache. */
function emptyCache(draw: () => unknown, size: number): boolean {
  // A number beyond the limit is drawn again, about once in 2^48 times: then the cache is filled a draw early, which is
  // seen, and it is begun again.
  for (let attempt = 0; attempt < 3; attempt++) {
    let drawn = 0
    // One draw more than the cache holds fills it, wherever it stood.
    while (countFills(draw, 1) === 0) if (++drawn > size) return false
    if (countFills(draw, size - 1) === 0) return true
  }
  return false
}

/**
 * Draws, and says how often that filled the cache: filling it is a job of its own, which takes one of the numbers that
 * Node gives to asynchronous resources.
 */
function countFills(draw: () => unknown, times: number): number {
  const before = newAsyncId()
  for (let drawn = 0; drawn < times; drawn++) draw()
  return newAsyncId() - before - 1
}

function newAsyncId(): number {
  return new AsyncResource('HATCHERY_PROBE').asyncId()
}
