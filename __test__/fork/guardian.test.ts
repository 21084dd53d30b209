/** While the host's JavaScript is busy a thread keeps the pool going; while nothing happens it sleeps. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

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
    using gate = new Gate()
    const file = gate.note('marks')
    writeFileSync(file, '')
    await Promise.all([pool.run({ milliseconds: 30 }), pool.run({ milliseconds: 30 })])
    const tasks = Array.from({ length: 60 }, () => pool.run({ milliseconds: 10, file }))
    // The tasks are flushed at the end of this turn; from then on this thread does nothing for them.
    await delay(0)
    const marks = () => statSync(file).size
    const end = performance.now() + 20_000
    while (marks() < tasks.length && performance.now() < end);
    t.is(marks(), tasks.length)
    await Promise.all(tasks)
  }),
)

testEach('an idle pool wakes nobody', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, idleTimeout: 0 }, async (pool) => {
    await Promise.all([pool.run({ milliseconds: 1 }), pool.run({ milliseconds: 1 })])
    let before = -1
    let calm = 0
    // The timer that was set for the tasks may yet fire, once, within a second.
    const settled = async () => {
      const last = before
      before = guardianSleeps()
      calm = last === before ? calm + 1 : 0
      await delay(100)
      return calm === 12
    }
    await until(settled, 15_000, 'the guardian sleeps')
    t.true(before > 0)
    await delay(1000)
    t.true(guardianSleeps() - before <= 1, `${guardianSleeps() - before} wake-ups in a second`)
  }),
)
