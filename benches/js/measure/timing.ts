/**
 * What recording times costs: two pools of 2 workers, one with `recordTiming` and one without, work by turns, with 1000
 * tasks of 20 bytes in flight. Both see the same machine so, and the order changes with each turn. Tasks a second of
 * the median turn.
 */
import type { OpenPool } from '../harness/adapter.js'
import { allUp, keepInFlight } from '../harness/loops.js'
import { isOwn, type Measurement } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'
import { inFlight } from './throughput.js'

/** Milliseconds of one pool before it is the other's turn: many batches, and less than the machine takes to change. */
const turn = 100

async function rate(pool: OpenPool): Promise<number> {
  const started = performance.now()
  const tasks = await keepInFlight(pool, text20, inFlight, turn)
  return tasks / ((performance.now() - started) / 1000)
}

export const timing: Measurement = {
  on: isOwn,
  async run(peer, { seconds }) {
    const open = await peer.load()
    const timed = { pool: open({ workers: 2 }), rates: [] as number[] }
    const untimed = { pool: open({ workers: 2, recordTiming: false }), rates: [] as number[] }
    const both = [timed, untimed]
    for (const { pool } of both) await allUp(pool, 2)
    const end = performance.now() + seconds * 6000
    while (performance.now() < end) {
      // The first sixth warms up.
      const counts = performance.now() > end - seconds * 5000
      for (const { pool, rates } of both) {
        const tasksPerSecond = await rate(pool)
        if (counts) rates.push(tasksPerSecond)
      }
      both.reverse()
    }
    for (const { pool } of both) await pool.close()
    return { timedTasksPerSecond: quantile(timed.rates, 0.5), untimedTasksPerSecond: quantile(untimed.rates, 0.5) }
  },
}
