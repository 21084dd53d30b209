import { collectYoung } from './collector.js'

/** Bytes received between two collections: they fit the processor's cache, and V8 gives a process twice as many. */
const EVERY = 24 * 1024 * 1024

/** A collection that took so many milliseconds (much of the young generation lives) puts the next one off. */
const LONG = 5
const EVERY_AFTER_LONG = 96 * 1024 * 1024

let received = 0
let next = EVERY

/**
 * Counts the bytes of a large value about to be received, and has the young generation collected when they are many.
 *
 * V8 takes large buffers for memory of the old generation: every 64 MiB of them it marks and compacts the whole heap,
 * which costs several times what it costs to copy them. Mostly they die young, and collecting that is cheap: 64 MiB of
 * buffers come and go with less than half the work, in memory that is still in the cache.
 */
export function beforeReceiving(length: number): void {
  received += length
  if (received < next) return
  received = 0
  const start = performance.now()
  collectYoung()
  next = performance.now() - start > LONG ? EVERY_AFTER_LONG : EVERY
}
