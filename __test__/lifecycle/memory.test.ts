/** Memory that large payloads have taken up goes back to the system when there is no work, and to V8 with little work. */
import { readFileSync } from 'node:fs'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import { Collections } from './fixtures/collections.js'

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

testEach('large values die young: V8 is asked to collect those, before it marks the whole heap', (t, startMethod) => {
  const fixture = new URL('./fixtures/collections.js', import.meta.url)
  return withPool({ filename: fixture, startMethod, maxWorkers: 1 }, async (pool) => {
    using host = new Collections()
    const large = Buffer.alloc(1 << 20, 1)
    const rounds = 640
    for (let round = 0; round < rounds; round++) t.is((await pool.run<Buffer>(large)).length, large.length)
    const worker = await pool.run<{ minor: number; major: number }>(undefined, { name: 'counted' })
    await until(() => host.minor > 0, 5000, 'collections are told')
    // One for each 96 MiB at least. Without being asked to, V8 has none or one meanwhile, and ten major ones.
    for (const { minor } of [host, worker]) t.true(minor >= 6, `${minor} minor collections`)
  })
})
