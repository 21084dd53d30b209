/** How long a dead worker is missed, microseconds. */
import { setTimeout as sleep } from 'node:timers/promises'
import { checkedEcho } from '../harness/loops.js'
import type { Measurement } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'
import { quantile } from '../harness/statistics.js'

const deaths = 40
/** Until spares are up again, and have done what they do as they come, milliseconds. */
const respite = 60

/** From the rejection that tells of a death to the result of the next task: with spares, without, and of one more task. */
export const replacement: Measurement = {
  on: ({ crashes }) => crashes === true,
  async run(peer) {
    const open = await peer.load()
    const measured: Record<string, number> = {}
    for (const [name, spares] of [
      ['replacementP50', 2],
      ['replacementUnsparedP50', 0],
    ] as const) {
      const pool = open({ workers: 1, spares })
      await checkedEcho(pool, text20)
      const [next, second]: [number[], number[]] = [[], []]
      for (let death = 0; death < deaths; death++) {
        await sleep(respite)
        await checkedEcho(pool, text20)
        await pool.crash!()
        for (const times of [next, second]) {
          const started = performance.now()
          await checkedEcho(pool, text20)
          times.push((performance.now() - started) * 1000)
        }
      }
      await pool.close()
      measured[name] = quantile(next, 0.5)
      if (spares > 0) measured.replacementSecondP50 = quantile(second, 0.5)
    }
    return measured
  },
}
