/** While the host's JavaScript is busy a thread keeps the pool going; while nothing happens it sleeps. */
import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'

watchForLeaks()

const filename = new URL('./fixtures/stamps.js', import.meta.url)

/** How often the guardian of this process has gone to sleep. */
function guardianSleeps(): number {
  for (const id of readdirSync('/proc/self/task')) {
    const folder = `/proc/self/task/${id}`
    if (readFileSync(`${folder}/comm`, 'utf8').trim() !== 'hatchery-guard') continue
    return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1])
  }
  return -1
}

testEach('workers stay fed while the host computes', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    await Promise.all([pool.run(30), pool.run(30)])
    const tasks = Array.from({ length: 60 }, () => pool.run(10))
    // The tasks are flushed at the end of this turn; from then on this thread does nothing for them.
    await delay(0)
    const begin = Number(process.hrtime.bigint() / 1_000_000n)
    const end = performance.now() + 1500
    while (performance.now() < end);
    const freed = Number(process.hrtime.bigint() / 1_000_000n)
    const stamps = await Promise.all(tasks)
    const meanwhile = stamps.filter((stamp) => stamp < freed).length
    t.is(meanwhile, stamps.length, `${meanwhile} of ${stamps.length} tasks ran in ${freed - begin} ms`)
  }),
)

testEach('an idle pool wakes nobody', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, idleTimeout: 0 }, async (pool) => {
    await Promise.all([pool.run(1), pool.run(1)])
    await delay(300)
    const before = guardianSleeps()
    t.true(before > 0)
    await delay(1000)
    t.true(guardianSleeps() - before <= 1, `${guardianSleeps() - before} wake-ups in a second`)
  }),
)
