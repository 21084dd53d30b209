/** Round trips one after the other on 1 worker, microseconds. */
import { checkedEcho, keepInFlight } from '../harness/loops.js'
import { isPool, type Measurement, Skipped } from '../harness/measurement.js'
import { checkEcho, text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'

export const latency: Measurement = {
  on: isPool,
  async run(peer, { seconds }) {
    const open = await peer.load()
    const pool = open({ workers: 1 })
    await checkedEcho(pool, text20)
    await keepInFlight(pool, text20, 1, seconds * 500)
    const times: number[] = []
    const end = performance.now() + seconds * 1000
    for (let before = performance.now(); before < end; ) {
      await checkedEcho(pool, text20)
      const after = performance.now()
      times.push((after - before) * 1000)
      before = after
    }
    await pool.close()
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
  },
}

/** The same in blocking calls. */
export const sync: Measurement = {
  on: ({ role }) => role === 'own' || role === 'sync',
  async run(peer, { seconds }) {
    const open = await peer.load()
    const pool = open({ workers: 1 })
    if (!pool.echoSync) throw new Skipped('has no runSync')
    // A pool may want its event loop to bring its first worker up.
    if (peer.role === 'own') await checkedEcho(pool, text20)
    const times: number[] = []
    const warm = performance.now() + seconds * 500
    const end = warm + seconds * 1000
    for (let before = performance.now(); before < end; ) {
      checkEcho(text20, pool.echoSync(text20))
      const after = performance.now()
      if (before > warm) times.push((after - before) * 1000)
      before = after
    }
    await pool.close()
    return { syncP50: quantile(times, 0.5), syncP99: quantile(times, 0.99) }
  },
}
