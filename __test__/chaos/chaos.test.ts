/** The short form of `npm run chaos`. */
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, testOnce } from '../helpers/pool.js'
import { describe } from './report.js'
import { runChaos } from './run.js'

watchForLeaks()

/** A spawned worker takes a hundred times as long to come up. */
const RUNS: readonly { startMethod: Method; kills: number; concurrency: number }[] = [
  { startMethod: 'fork', kills: 200, concurrency: 1 },
  { startMethod: 'fork', kills: 60, concurrency: 8 },
  { startMethod: 'spawn', kills: 8, concurrency: 1 },
]

for (const { startMethod, kills, concurrency } of RUNS) {
  testOnce(
    `nothing is lost and nothing hangs while workers die (${startMethod}, ${concurrency} at a time)`,
    async (t) => {
      const seed = Date.now() & 0x7fff_ffff
      const report = await runChaos({ kills, seed, workers: 3, concurrency, startMethod })
      t.deepEqual(report.complaints, [], `seed ${seed}\n${describe(report)}`)
      const { deaths, unbegun, seconds } = report
      t.log(`seed ${seed}: ${deaths} deaths in ${seconds.toFixed(1)} s; ${unbegun} tasks died unbegun`)
    },
    120_000,
  )
}
