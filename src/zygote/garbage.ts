import { execArgv, memoryUsage } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import type { ZygoteBinding } from '../native/types.js'

/** A full garbage collection: less for workers to share, and less for them to collect, each on its own. */
export function collectGarbage(native: Pick<ZygoteBinding, 'collectGarbage'>): void {
  const exposed = 'gc' in globalThis
  setFlagsFromString('--expose-gc')
  native.collectGarbage()
  if (!exposed) setFlagsFromString('--no-expose-gc')
}

/** Bytes of a heap of which a second collection frees enough to be worth its time: a twentieth of what workers have. */
const LARGE = 16 * 1024 * 1024

/** What V8 throws away with the garbage: code that has not been run for some collections. */
const FLUSHED = ['flush-bytecode', 'flush-baseline-code'] as const

/**
 * Makes the heap as small as what is in it: what a fork has, it need not be given page by page. The code stays, which each
 * worker would have to compile anew.
 */
export function shrinkHeap(native: Pick<ZygoteBinding, 'shrinkHeap' | 'collectGarbage'>): void {
  // Whoever has set one has their reasons.
  const flags = FLUSHED.filter((flag) => !execArgv.some((argument) => argument.replaceAll('_', '-').endsWith(flag)))
  for (const flag of flags) setFlagsFromString(`--no-${flag}`)
  native.shrinkHeap()
  if (memoryUsage().heapUsed > LARGE) native.shrinkHeap()
  // V8 lets a heap that it was told to make small grow by little: the next worker would collect, and so copy, all of it at once.
  // After an ordinary collection it may grow by as much as ever.
  collectGarbage(native)
  for (const flag of flags) setFlagsFromString(`--${flag}`)
}
