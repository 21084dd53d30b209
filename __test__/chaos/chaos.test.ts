/** The short form of `npm run chaos`. */
import { watchForLeaks } from '../helpers/leaks.js'
import { METHODS, type Method, testOnce } from '../helpers/pool.js'
import { describe } from './report.js'
import { runChaos } from './run.js'

watchForLeaks()

/** A spawned worker takes a hundred times as long to come up. */
const KILLS: Record<Method, number> = { fork: 200, spawn: 8 }

for (const startMethod of METHODS) {
  testOnce(
    `nothing is lost and nothing hangs while workers die (${startMethod})`,
    async (t) => {
      const seed = Date.now() & 0x7fff_ffff
      const report = await runChaos({ kills: KILLS[startMethod], seed, workers: 3, startMethod })
      t.deepEqual(report.complaints, [], `seed ${seed}\n${describe(report)}`)
      t.log(`seed ${seed}: ${report.deaths} deaths in ${report.seconds.toFixed(1)} s`)
    },
    120_000,
  )
}
