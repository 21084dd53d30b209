/** Memory that large payloads have taken up goes back to the system when there is no work. */
import { readFileSync } from 'node:fs'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('../submit/fixtures/tasks.js', import.meta.url)

/** Kilobytes of lanes that are in this process' memory. */
function laneMemory(): number {
  let sum = 0
  let within = false
  for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) within = line.includes('/memfd:hatchery-lane')
    else if (within && line.startsWith('Rss:')) sum += Number.parseInt(line.slice(4), 10)
  }
  return sum
}

testEach('the memory of large payloads goes back to the system', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const large = Buffer.alloc(1_000_000, 1)
    t.is((await pool.run(large)).length, large.length)
    t.true(laneMemory() > 900)
    await until(() => laneMemory() < 200, 15_000, 'the lane has shrunk')
    t.deepEqual(await pool.run(large), large)
  }),
)
