/** How many connections there may be, so that they leave the pool the descriptors that it needs. */
import { readFileSync } from 'node:fs'

/**
 * What the process has beside connections and workers: Node's own, the zygote and another one while the code is reloaded, files that
 * are read for a moment, and the connections that ask for metrics and health.
 */
const OWN = 128

/** For a worker: its lane, two eventfds, a socket, a pidfd, two pipes, and payloads that are on their way. */
const A_WORKER = 10

/** However few descriptors there are: nobody could stop the daemon by a request. */
const LEAST = 4

/** Descriptors that this process may have; undefined: nobody knows. Node has raised its limit as far as it may. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

/** Connections that leave enough of so many descriptors to a pool of so many workers. */
export function connectionBound(descriptors: number | undefined, maxWorkers: number): number {
  return descriptors === undefined ? Infinity : Math.max(LEAST, descriptors - OWN - maxWorkers * A_WORKER)
}
