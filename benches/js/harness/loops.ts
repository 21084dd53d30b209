/** Closed loops of echo tasks: the next one is sent when one has come back. */
import type { OpenPool } from './adapter.js'
import { checkEcho, type Payload } from './payload.js'

export async function checkedEcho(pool: OpenPool, payload: Payload): Promise<void> {
  checkEcho(payload, await pool.echo(payload))
}

/** Keeps so many tasks in flight until the time is over. Gives the tasks done. */
export async function keepInFlight(
  pool: OpenPool,
  payload: Payload,
  count: number,
  milliseconds: number,
): Promise<number> {
  const end = performance.now() + milliseconds
  let done = 0
  const chain = async (): Promise<void> => {
    do {
      await checkedEcho(pool, payload)
      done++
    } while (performance.now() < end)
  }
  await Promise.all(Array.from({ length: count }, chain))
  return done
}

/** Tasks a second with so many in flight, after a warm-up of half the time. */
export async function taskRate(pool: OpenPool, payload: Payload, count: number, milliseconds: number): Promise<number> {
  await keepInFlight(pool, payload, count, milliseconds / 2)
  const started = performance.now()
  const tasks = await keepInFlight(pool, payload, count, milliseconds)
  return tasks / ((performance.now() - started) / 1000)
}

const holdTime = 200
const upLimit = 30_000

/** Waits until so many workers take a task each at the same time. */
export async function allUp(pool: OpenPool, workers: number): Promise<void> {
  const end = performance.now() + upLimit
  for (;;) {
    const started = performance.now()
    await Promise.all(Array.from({ length: workers }, () => pool.hold(holdTime)))
    const elapsed = performance.now() - started
    // With one worker missing, another would have to take two of them.
    if (elapsed < holdTime * 1.9) return
    if (performance.now() > end) throw new Error(`${workers} workers were not up after ${upLimit} ms`)
  }
}
