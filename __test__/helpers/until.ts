import { setTimeout as delay } from 'node:timers/promises'

/** Pauses between two looks, in milliseconds. */
const FIRST_PAUSE = 1
const LONGEST_PAUSE = 25

/**
 * Waits until `condition` gives something truthy, and returns that.
 *
 * @param limit milliseconds; past them it throws
 * @param what for the message, as in "waited in vain until ..."
 */
export async function until<T>(condition: () => T | Promise<T>, limit: number, what: string): Promise<T> {
  const end = performance.now() + limit
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const result = await condition()
    if (result) return result
    if (performance.now() > end) throw new Error(`waited ${limit} ms in vain until ${what}`)
    await delay(pause)
  }
}
