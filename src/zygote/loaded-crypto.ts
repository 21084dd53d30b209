import { createRequire } from 'node:module'
import process from 'node:process'

/** The module of Node's that has the generators of random numbers, and is never loaded without the others. */
const PART = 'NativeModule internal/crypto/random'

/**
 * `node:crypto`, if anybody has loaded it here, `globalThis.crypto` included. If not, nothing of it can suffer from a fork, and
 * loading it takes 5 ms. A Node that has no list of its modules may have it.
 */
export function loadedCrypto(): typeof import('node:crypto') | undefined {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] }
  if (moduleLoadList?.includes(PART) === false) return undefined
  return createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto')
}
