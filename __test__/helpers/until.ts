import { setTimeout as delay } from 'node:timers/promises'

/** Pauses between two looks, in milliseconds. */
const FIRST_PAUSE = 1
const LONGEST_PAUSE = 25
/** What counts of a look and a pause: whatever has held this process up for longer may have held up whom it waits for, too. */
const LONGEST_STEP = 500

/**
 * Waits until `condition` gives something truthy, and returns that.
 *
 * @param limit milliseconds; past them it throws
 * @param what for the message, as in "waited in vain until ..."
 */
export async function until<T>(condition: () => T | Promise<T>, limit: number, what: string): Promise<T> {
  let waited = 0
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const before = performance.now()
    const result = await condition()
    if (result) return result
    if (waited > limit) throw new Error(`waited ${limit} ms in vain until ${what}`)
    await delay(pause)
    waited += Math.min(performance.now() - before, LONGEST_STEP)
  }
}
