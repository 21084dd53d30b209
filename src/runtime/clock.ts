import { hrtime } from 'node:process'

/** Milliseconds from the kernel's CLOCK_MONOTONIC to `performance.now()`, which counts from the process's start. */
export const CLOCK_OFFSET = Number(hrtime.bigint()) / 1e6 - performance.now()

/** Now, in microseconds of CLOCK_MONOTONIC, which host and worker share. */
export function monotonicMicroseconds(): number {
  return (performance.now() + CLOCK_OFFSET) * 1000
}
