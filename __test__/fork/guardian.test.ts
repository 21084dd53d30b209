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
    // After the last task a few things happen once, such as giving memory back. Then nothing does, for as long as nobody
    // comes: a whole second goes by without a wake-up.
    let before = -1
    const sleepsOn = async () => {
      const last = before
      before = guardianSleeps()
      if (last !== before) await delay(1000)
      return last === before
    }
    await until(sleepsOn, 20_000, 'the guardian sleeps on')
    t.true(before > 0)
  }),
)
