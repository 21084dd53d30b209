/** A worker that takes too much memory is killed, and its task alone is rejected. */
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import type * as Limits from './fixtures/limits.js'

watchForLeaks()

const filename = new URL('./fixtures/limits.js', import.meta.url)
const MIB = 1 << 20
const outOfMemory = { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY', attempt: 1 }

testEach('maxRss.hard: it is killed, and what had not begun runs elsewhere', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, maxRss: { hard: 200 * MIB } }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    const first = await tasks.pid()
    const fault = rejection(tasks.growForEver())
    const others = Promise.all([tasks.pid(), tasks.default(1)])
    const error = await fault
    t.like(error, { ...outOfMemory, signal: 'SIGKILL', pid: first, taskName: 'growForEver' })
    t.regex(error.message, /had \d+ MiB of memory of its own .* maxRss allows it 200 MiB/)
    const [second, value] = await others
    t.not(second, first)
    t.is(value, 1)
    t.is(pool.stats().workersCrashed, 1)
  }),
)

testOnce('maxRss.hard: a task with retries is tried again', async (t) => {
  using gate = new Gate()
  const options = { filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1 } as const
  await withPool({ ...options, maxRss: { hard: 200 * MIB } }, async (pool) => {
    t.is(await pool.run(gate.note('first'), { name: 'growTheFirstTime', retries: 1 }), 'again')
  })
})

testEach('maxHeap is the size of the heap; what comes of one that needs more, the faults show', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, maxHeap: 64 * MIB }, async (pool) => {
    const limit = await pool.tasks<typeof Limits>().heapLimit()
    // The young generation comes on top.
    t.true(limit >= 64 * MIB && limit < 512 * MIB, `${limit}`)
  }),
)
