/** A curve: latency of 20-byte echo tasks over the load offered, tasks a second, in an open loop; 2 workers. */
import { allUp, checkedEcho, keepInFlight } from '../harness/loops.js'
import type { Measurement } from '../harness/measurement.js'
import { openLoop, poissonArrivals } from '../harness/open-loop.js'
import { text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'

const loads = [500, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 400_000, 800_000]
const quickLoads = [1000, 10_000, 50_000, 200_000, 800_000]

/** At the lowest load as well a 99th percentile needs samples behind it. */
const fewestTasks = 1000
/** Below this share the pool cannot keep up with the load: its queue grows, and latency is how long one watches. */
const enough = 0.9

export const load: Measurement = {
  on: ({ curve }) => curve === true,
  points: (_, { quick }) => (quick ? quickLoads : loads),
  rounds: 3,
  isLast: (numbers) => numbers['loadKeptUp']! < enough,
  async run(peer, { seconds }, perSecond) {
    const open = await peer.load()
    const pool = open({ workers: 2 })
    await allUp(pool, 2)
    await keepInFlight(pool, text20, 100, seconds * 500)
    const arrivals = poissonArrivals(perSecond, Math.max(seconds, fewestTasks / perSecond))
    const { latencies, lateness, keptUp } = await openLoop(() => checkedEcho(pool, text20), arrivals, seconds * 1000)
    // What had not come back at the limit has no latency, and without it there are no percentiles either.
    if (latencies.some(Number.isNaN)) return { loadKeptUp: 0 }
    if (keptUp < enough) return { loadKeptUp: keptUp }
    const microseconds = (values: Float64Array, share: number): number => quantile(values, share) * 1000
    return {
      loadKeptUp: keptUp,
      loadP50: microseconds(latencies, 0.5),
      loadP99: microseconds(latencies, 0.99),
      loadSentLateP99: microseconds(lateness, 0.99),
    }
  },
}
