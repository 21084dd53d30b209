/**
 * Round trips of 64 MiB of shared memory from `pool.alloc` and of 20 bytes, by turns in the same pool, one after the
 * other on 1 worker: the first goes as a handle, so that its size should hardly matter. Microseconds.
 */
import type { OpenPool } from '../harness/adapter.js'
import { checkedEcho } from '../harness/loops.js'
import { isOwn, type Measurement, Skipped } from '../harness/measurement.js'
import { type Payload, text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'

const blockLength = 64 * 2 ** 20
/** Round trips before it is the other's turn. */
const turn = 20

async function roundTrips(pool: OpenPool, payload: Payload, times: number[]): Promise<void> {
  let before = performance.now()
  for (let index = 0; index < turn; index++) {
    await checkedEcho(pool, payload)
    const after = performance.now()
    times.push((after - before) * 1000)
    before = after
  }
}

export const handle: Measurement = {
  on: isOwn,
  async run(peer, { seconds }) {
    const open = await peer.load()
    const pool = open({ workers: 1 })
    if (!pool.alloc) throw new Skipped('has no alloc')
    const block = pool.alloc(blockLength)
    block.fill(7)
    await checkedEcho(pool, text20)
    const handles: number[] = []
    const texts: number[] = []
    const end = performance.now() + seconds * 1500
    while (performance.now() < end) {
      // The first third warms up.
      const counts = performance.now() > end - seconds * 1000
      await roundTrips(pool, text20, counts ? texts : [])
      await roundTrips(pool, block, counts ? handles : [])
    }
    await pool.close()
    return { handleP50: quantile(handles, 0.5), handleTextP50: quantile(texts, 0.5) }
  },
}
