/** Tasks a second and processor time, with 1000 tasks in flight on 2 workers. */

import type { Peer } from '../harness/adapter.js'
import { allUp, keepInFlight, taskRate } from '../harness/loops.js'
import { type Effort, isPool, type Measurement, type Numbers } from '../harness/measurement.js'
import { object6, text20 } from '../harness/payload.js'
import { treeCpuSeconds } from '../harness/process-tree.js'

export const inFlight = 1000

/** A string of 20 bytes. */
export const throughput: Measurement = {
  on: isPool,
  async run(peer: Peer, { seconds }: Effort): Promise<Numbers> {
    const open = await peer.load()
    const pool = open({ workers: 2 })
    await allUp(pool, 2)
    await keepInFlight(pool, text20, inFlight, seconds * 500)
    const cpu = treeCpuSeconds()
    const started = performance.now()
    const tasks = await keepInFlight(pool, text20, inFlight, seconds * 1000)
    const elapsed = (performance.now() - started) / 1000
    const cpuUsed = treeCpuSeconds() - cpu
    await pool.close()
    return { tasksPerSecond: tasks / elapsed, cpuSecondsPer100k: (cpuUsed / tasks) * 100_000 }
  },
}

/** An object with 6 fields. */
export const object: Measurement = {
  on: isPool,
  async run(peer: Peer, { seconds }: Effort): Promise<Numbers> {
    const open = await peer.load()
    const pool = open({ workers: 2 })
    await allUp(pool, 2)
    const objectsPerSecond = await taskRate(pool, object6, inFlight, seconds * 1000)
    await pool.close()
    return { objectsPerSecond }
  },
}
