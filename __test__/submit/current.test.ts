/** What a task can know of itself, and say to its caller. */
import { HatcheryError, Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'
import type * as Current from './fixtures/current.js'

watchForLeaks()

const filename = new URL('./fixtures/current.js', import.meta.url)

testEach('id, attempt, worker and signal', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Current>()
    const seen = await Promise.all(Array.from({ length: 500 }, () => tasks.snapshot()))
    const workers = new Map(pool.workers.map(({ id, pid }) => [id, pid]))
    t.is(new Set(seen.map(({ id }) => id)).size, 500, 'ids are unique')
    for (const { id, attempt, workerId, aborted, pid } of seen) {
      t.is(typeof id, 'string')
      t.not(id, '')
      t.is(attempt, 1)
      t.false(aborted)
      t.is(workers.get(workerId), pid)
    }
  }),
)

testEach('each of several tasks of one worker sees itself, also after it has waited', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 8 }, async (pool) => {
    const tasks = pool.tasks<typeof Current>()
    const pairs = await Promise.all(Array.from({ length: 100 }, (_, index) => tasks.snapshots(index % 5)))
    for (const [before, after] of pairs) t.deepEqual(after, before)
    t.is(new Set(pairs.map(([{ id }]) => id)).size, 100)
  }),
)

testEach('isWorker and workerData', async (t, startMethod) => {
  const data = { list: [1, 'two', null], flag: true }
  await withPool({ filename, startMethod, maxWorkers: 1, workerData: data }, async (pool) => {
    t.deepEqual(await pool.tasks<typeof Current>().where(), { isWorker: true, data })
  })
  const here = await import('hatchery/worker')
  t.false(here.isWorker())
  t.is(here.current.id, '')
  t.is(here.workerData, undefined)
})

testEach('workerData arrives as a structured clone, made when the pool was', async (t, startMethod) => {
  const shared = { n: 1 }
  const data = {
    map: new Map<unknown, unknown>([['k', new Set([1n])]]),
    at: new Date(5),
    bytes: Buffer.from('bytes'),
    floats: new Float64Array([-0, NaN]),
    missing: undefined,
    pair: [shared, shared],
    text: 'žluťoučký kůň',
  }
  const expected = structuredClone({ ...data, bytes: undefined })
  const pool = new Pool({ filename, startMethod, maxWorkers: 1, workerData: data })
  try {
    data.at = new Date(6)
    shared.n = 2
    const where = await pool.tasks<typeof Current>().where()
    const copy = where.data as typeof data
    t.true(copy.bytes.equals(data.bytes))
    t.deepEqual({ ...copy, bytes: undefined }, expected)
    t.is(copy.pair[0], copy.pair[1])
  } finally {
    await pool.close()
  }
})

testEach('workerData that no worker can be given throws, and starts nothing', async (t, startMethod) => {
  const before = new Set(descendants().map(({ pid }) => pid))
  const error = t.throws(() => new Pool({ filename, startMethod, workerData: { on: [() => 1] } }), {
    instanceOf: HatcheryError,
    code: 'ERR_HATCHERY_DATA_CLONE',
  })
  t.regex(error!.message, /workerData.*value\.on\[0\] is a/)
  t.deepEqual(
    descendants().filter(({ pid }) => !before.has(pid)),
    [],
  )
})

testEach('progress arrives in order, as it was sent, before the result', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const values = [0, 'text', { a: [1n] }, undefined, Buffer.alloc(50_000, 7), new Map([[1, 2]]), 'x'.repeat(100_000)]
    const seen: unknown[] = []
    let done = false
    const onProgress = (value: unknown) => {
      t.false(done)
      seen.push(value)
    }
    t.is(await pool.run(values, { name: 'report', onProgress }), values.length)
    done = true
    t.deepEqual(seen, values)
  }),
)

testEach('progress of many tasks goes each to its own listener', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, concurrency: 4 }, async (pool) => {
    const runs = Array.from({ length: 50 }, async (_, task) => {
      const values = Array.from({ length: task }, (_, index) => `${task}.${index}`)
      const seen: unknown[] = []
      await pool.run(values, { name: 'report', onProgress: (value) => seen.push(value) })
      t.deepEqual(seen, values)
    })
    await Promise.all(runs)
  }),
)

testEach('more progress than a ring has room for', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    let next = 0
    const onProgress = (value: number) => t.is(value, next++)
    t.is(await pool.run(10_000, { name: 'reportInOneGo', onProgress }), 10_000)
    t.is(next, 10_000)
  }),
)

testEach(
  'progress without a listener is no harm, and what cannot be cloned is an error in the task',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
      t.is(await pool.run([1, 2], { name: 'report' }), 2)
      t.is(await pool.run(undefined, { name: 'reportUncloneable' }), 'ERR_HATCHERY_DATA_CLONE')
    }),
)
