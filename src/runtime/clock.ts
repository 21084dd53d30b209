import { hrtime } from 'node:process'

/** Tries to read both clocks at the same time; the first ones run code that is cold. */
const TRIES = 5

/** Milliseconds from the kernel's CLOCK_MONOTONIC to `performance.now()`, which counts from the process's start. */
export const CLOCK_OFFSET = measureOffset()

function measureOffset(): number {
  let offset = 0
  let closest = Infinity
  for (let count = 0; count < TRIES; count++) {
    const before = performance.now()
    const kernel = Number(hrtime.bigint()) / 1e6
    const after = performance.now()
    if (after - before < closest) {
      closest = after - before
      offset = kernel - (before + after) / 2
    }
  }
  return offset
}

/** Now, in microseconds of CLOCK_MONOTONIC, which host and worker share. */
export function monotonicMicroseconds(): number {
  return (performance.now() + CLOCK_OFFSET) * 1000
}
