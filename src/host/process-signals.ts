/**
 * Signals to the process that close pools. One listener a signal, whatever number of pools there are; the process ends by
 * the signal once all of them are closed, as it would have ended without them.
 */
import { constants } from 'node:os'
import process from 'node:process'

/** A pool as a signal sees it. */
export interface Closable {
  /** Takes no more tasks, and ends when they have settled or the time is over. */
  closeBySignal(): Promise<unknown>
  /** Ends now. */
  destroy(): Promise<unknown>
}

/** What is known of signals and pools. */
interface Registry {
  readonly watched: Map<NodeJS.Signals, Set<Closable>>
  /** Pools that a signal is closing. */
  readonly closing: Set<Closable>
  /** The one listener. */
  readonly listener: (signal: NodeJS.Signals) => void
}

/** One for the process: this module may be loaded more than once, by `import`, by `require`, and in a bundle. */
const KEY = Symbol.for('hatchery.signals')
const shared = globalThis as { [KEY]?: Registry }
shared[KEY] ??= { watched: new Map(), closing: new Set(), listener: onSignal }
const { watched, closing, listener } = shared[KEY]

/** From now on these signals close the pool. Returns what takes that back. */
export function heedSignals(signals: readonly NodeJS.Signals[], pool: Closable): () => void {
  for (const signal of signals) {
    let pools = watched.get(signal)
    if (pools === undefined) {
      pools = new Set()
      watched.set(signal, pools)
      process.on(signal, listener)
    }
    pools.add(pool)
  }
  return () => {
    for (const signal of signals) forget(signal, pool)
  }
}

function forget(signal: NodeJS.Signals, pool: Closable): void {
  const pools = watched.get(signal)
  if (pools === undefined || !pools.delete(pool) || pools.size > 0) return
  watched.delete(signal)
  process.off(signal, listener)
}

function onSignal(signal: NodeJS.Signals): void {
  const pools = [...(watched.get(signal) ?? [])]
  const again = pools.some((pool) => closing.has(pool))
  // Whoever else listens says himself what is to become of the process.
  const alone = process.listenerCount(signal) === 1
  const closed = pools.map(async (pool) => {
    closing.add(pool)
    try {
      await (again ? pool.destroy() : pool.closeBySignal())
    } finally {
      closing.delete(pool)
    }
  })
  // The first signal's wait is the one that ends the process: a second one only makes it shorter.
  if (alone && !again) void Promise.allSettled(closed).then(() => endBy(signal))
}

/** By the signal itself, so that whoever waits for this process sees it; the kernel spares the init of a container. */
function endBy(signal: NodeJS.Signals): void {
  process.off(signal, listener)
  if (process.pid === 1) process.exit(128 + constants.signals[signal])
  process.kill(process.pid, signal)
}
