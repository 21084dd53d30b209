/** How long pools and workers take to come up, milliseconds. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkedEcho } from '../harness/loops.js'
import { isPool, type Measurement } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'

/** From asking for a pool of one worker to its first result. */
export const start: Measurement = {
  on: (peer) => isPool(peer) || peer.role === 'baseline',
  async run(peer, { starts }) {
    const open = await peer.load()
    const times: number[] = []
    for (let index = 0; index < starts; index++) {
      const started = performance.now()
      const pool = open({ workers: 1 })
      await checkedEcho(pool, text20)
      times.push(performance.now() - started)
      await pool.close()
    }
    return { startMilliseconds: quantile(times, 0.5) }
  },
}

/** Longer than the measurement: it ends with its process. */
const holdTime = 100_000
/** A quick start is repeated until this much time has gone, milliseconds. */
const budget = 2500
const mostStarts = 100

/**
 * From submitting a task that needs a new worker to its result, typescript loaded. The pool's one worker is busy, so
 * it starts another for the next task, which leaves as soon as it is idle.
 */
export const workerStart: Measurement = {
  on: ({ elastic }) => elastic === true,
  async run(peer, { starts }) {
    process.env.HATCHERY_BENCH_TYPESCRIPT = '1'
    const open = await peer.load()
    const pool = open({ workers: 2, preload: ['typescript'], elastic: true })
    await checkedEcho(pool, text20)
    pool.hold(holdTime).catch(() => undefined)
    await sleep(50)
    const times: number[] = []
    const end = performance.now() + budget
    while (times.length < starts || (performance.now() < end && times.length < mostStarts)) {
      const started = performance.now()
      await checkedEcho(pool, text20)
      times.push(performance.now() - started)
      while ((pool.workerPids?.().length ?? 0) > 1) await sleep(2)
    }
    return { workerStartMilliseconds: quantile(times, 0.5) }
  },
}
