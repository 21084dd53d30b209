import type { NativePool } from '../native/index.js'
import type { ResolvedPoolOptions } from './pool-options.js'

/**
 * Options that change while the pool runs, by what changes them. The other threads that use the pool are told all of a
 * topic, so that its last word is enough for those that come later. (`workerData` need not be what can be told.)
 */
const TOPICS = {
  size: ['minWorkers', 'maxWorkers', 'minThreads', 'maxThreads'],
  code: ['filename', 'preload', 'shareFilename', 'execArgv', 'env', 'stdout', 'stderr'],
} as const satisfies Record<string, readonly (keyof ResolvedPoolOptions)[]>

/** Tells the other threads. What is undefined has never been anything else, so it may be left out. */
export function shareOptions(
  native: Pick<NativePool, 'notifyOthers'>,
  topic: keyof typeof TOPICS,
  options: ResolvedPoolOptions,
): void {
  const changes = Object.fromEntries(TOPICS[topic].map((key) => [key, options[key]]))
  native.notifyOthers(topic, JSON.stringify({ type: 'options', changes }))
}
