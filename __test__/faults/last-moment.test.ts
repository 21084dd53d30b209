/** Workers that die between a result and its taking note of, and with payloads in their hands. */
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'
import type * as Tasks from './fixtures/last-moment.js'

watchForLeaks()

const filename = new URL('./fixtures/last-moment.js', import.meta.url)

testEach('a result that was sent arrives, though its worker is dead by then', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const rounds = startMethod === 'fork' ? 20 : 3
    for (let round = 0; round < rounds; round++) {
      // Nobody reads the ring until long after the death.
      const result = tasks.resultThenDeath({ round, bytes: Buffer.alloc(1000 * round, round) })
      pool.runSync(1, { name: 'default', retries: 9 })
      t.deepEqual(await result, { round, bytes: Buffer.alloc(1000 * round, round) })
    }
  }),
)

testEach('a worker that dies with a payload in its hands takes no memory with it', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 2, stdio: 'ignore' }, async (pool) => {
    const bytes = Buffer.alloc(200_000, 5)
    const rounds = startMethod === 'fork' ? 20 : 3
    for (let round = 0; round < rounds; round++) {
      const dying = Array.from({ length: 4 }, () => rejection(pool.run(bytes, { name: 'deathWith' })))
      // More of them than one lane has blocks for.
      const others = Array.from({ length: 40 }, () => pool.run(bytes, { retries: 99 }))
      for (const error of await Promise.all(dying)) t.is(error.code, 'ERR_HATCHERY_WORKER_SIGNALLED', error.message)
      for (const result of await Promise.all(others)) t.is(Buffer.compare(result, bytes), 0)
    }
    t.is(pool.stats().sharedMemoryUsed, 0)
  }),
)
