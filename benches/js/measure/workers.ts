/** A curve: throughput of 20-byte echo tasks, 1000 in flight, over the number of workers. */
import { allUp, taskRate } from '../harness/loops.js'
import type { Measurement } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'
import { inFlight } from './throughput.js'

export const workers: Measurement = {
  on: ({ curve }) => curve === true,
  points: (_, { quick }) => (quick ? [2, 8, 64] : [1, 2, 4, 8, 16, 64]),
  rounds: 3,
  async run(peer, { seconds }, count) {
    const open = await peer.load()
    const pool = open({ workers: count })
    await allUp(pool, count)
    const workersTasksPerSecond = await taskRate(pool, text20, inFlight, seconds * 1000)
    return { workersTasksPerSecond }
  },
}
