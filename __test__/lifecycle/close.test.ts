/** The end of a pool. */
import { readFileSync } from 'node:fs'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

testEach('close waits for what is queued and running, and leaves no process', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
  const tasks = pool.tasks<typeof Tasks>()
  const values = Array.from({ length: 500 }, (_, index) => index)
  let settled = 0
  const results = values.map((value) => (value % 5 === 0 ? tasks.later(value) : tasks.default(value)))
  for (const result of results) void result.then(() => settled++)
  t.false(pool.closing)
  const closing = pool.close()
  t.true(pool.closing)
  t.false(pool.closed)
  await closing
  t.is(settled, 500)
  t.true(pool.closed)
  t.deepEqual(descendants(), [])
  t.deepEqual(await Promise.all(results), values)
  t.deepEqual(pool.workers, [])
  t.is(pool.stats().completed, 500)
  t.is(pool.queueSize, 0)
})

testEach('close of a pool that has done nothing, and of one that is not up yet', async (t, startMethod) => {
  const idle = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
  await idle.ready
  await idle.close()
  const early = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
  await early.close()
  t.true(early.closed)
  // It may have come up in time: what starts workers by spawning them is ready at once.
  await early.ready.catch((error) => t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED'))
  const busy = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
  const run = busy.run(5)
  await busy.close()
  t.is(await run, 5)
  t.deepEqual(descendants(), [])
})

testEach('close twice, and destroy after close', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  t.is(await pool.run(1), 1)
  await Promise.all([pool.close(), pool.close(), pool.close({ timeout: 5_000 })])
  await pool.close()
  await pool.destroy()
  t.true(pool.closed)
})

testEach('a closing pool runs what it has, and takes no more', async (t, startMethod) => {
  using gate = new Gate()
  const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  const tasks = pool.tasks<typeof Tasks>()
  const held = tasks.gate(gate.path)
  await gate.entered()
  const queued = [1, 2, 3].map((value) => tasks.default(value))
  const failing = rejection(tasks.fail())
  let closed = false
  const closing = pool.close().then(() => {
    closed = true
  })
  t.is((await rejection(tasks.default(4))).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.false(closed)
  gate.open()
  await held
  t.deepEqual(await Promise.all(queued), [1, 2, 3])
  t.is((await failing).message, 'on purpose')
  await closing
})

testEach('close with a timeout that passes rejects what is left', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, killGrace: 60_000 })
  const tasks = pool.tasks<typeof Tasks>()
  t.is(await tasks.default(1), 1)
  // Before both serve, the last task may go to the second ahead of a task that the first has in its ring.
  await until(() => pool.stats().workers.every(({ state }) => state === 'running'), 10_000, 'both workers serve')
  const stuck = [tasks.spin(), tasks.spin(), tasks.default(2)].map(rejection)
  t.deepEqual(await pool.close({ timeout: 50 }), { cancelled: 3 })
  for (const error of await Promise.all(stuck)) {
    t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
    t.regex(error.message, /before this task had settled/)
  }
  t.true(pool.closed)
  t.deepEqual(descendants(), [])
})

testEach('the limit of a close may be an option of the pool', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1, closeTimeout: 50, killGrace: 60_000 })
  const stuck = rejection(pool.tasks<typeof Tasks>().spin())
  t.deepEqual(await pool.close(), { cancelled: 1 })
  t.is((await stuck).code, 'ERR_HATCHERY_POOL_CLOSED')
  const empty = new Pool({ filename, startMethod, maxWorkers: 1, closeTimeout: 0 })
  t.deepEqual(await empty.close(), { cancelled: 0 })
})

testEach('close does not wait for ever for a stream that nobody reads', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
  const tasks = pool.tasks<typeof Tasks>()
  const [left, read] = [tasks.endless.stream(), tasks.endless.stream()]
  t.is((await left.next()).value, 0)
  t.is((await read.next()).value, 0)
  let closed = false
  const closing = pool.close({ streamTimeout: 200 }).finally(() => {
    closed = true
  })
  // Until the one that is left has been given up, and then some: an end that its reader brings about is none of the pool's.
  let items = 0
  while (pool.pending > 1 || items < 100) {
    t.is((await read.next()).done, false)
    items++
  }
  t.false(closed)
  await read.return?.()
  t.deepEqual(await closing, { cancelled: 1 })
  // What had come is there; then it says why there is no more.
  const error = await rejection(
    (async () => {
      for await (const item of left) t.is(typeof item, 'number')
    })(),
  )
  t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
})

testEach('destroy rejects all that is pending, at once, and kills what loops', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, killGrace: 60_000 })
  const tasks = pool.tasks<typeof Tasks>()
  t.is(await tasks.default(1), 1)
  const pending = [tasks.spin(), tasks.later(1), ...Array.from({ length: 100 }, (_, index) => tasks.default(index))]
  const errors = Promise.all(pending.map(rejection))
  await new Promise((resolve) => setImmediate(resolve))
  const destroying = pool.destroy()
  t.is(pool.pending, 0)
  for (const error of await errors) t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
  t.deepEqual(await destroying, { cancelled: 102 })
  t.true(pool.closed)
  t.deepEqual(descendants(), [])
  await pool.destroy()
})

testEach('destroy of a pool that is not up yet, again and again', async (t, startMethod) => {
  for (let round = 0; round < 10; round++) {
    const pool = new Pool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 })
    const run = rejection(pool.run(1))
    // At another moment of the start each time.
    for (let turn = 0; turn < round * 3; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
    await pool.destroy()
    const error = await run.catch(() => undefined)
    if (error !== undefined) t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
    t.deepEqual(descendants(), [])
  }
})

testEach('await using closes', async (t, startMethod) => {
  let kept: Pool
  let result: Promise<number>
  {
    await using pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
    kept = pool
    result = pool.run(7, { name: 'later' })
  }
  t.true(kept.closed)
  t.is(await result, 7)
})

testEach('a worker that is closed down runs its exit listeners', async (t, startMethod) => {
  using gate = new Gate()
  const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  await pool.tasks<typeof Tasks>().noteExit(gate.note('exit'))
  const exits: unknown[] = []
  pool.on('workerExited', ({ exitCode, crashed }) => exits.push({ exitCode, crashed }))
  await pool.close()
  t.is(readFileSync(gate.note('exit'), 'utf8'), 'left with 0')
  await until(() => exits.length > 0, 1_000, 'the event is there')
  t.deepEqual(exits, [{ exitCode: 0, crashed: false }])
})

testEach('close from within a listener and from within a task’s continuation', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  const closed = new Promise((resolve) => pool.on('close', () => resolve('closed')))
  pool.on('ready', () => void pool.close())
  t.is(await closed, 'closed')
  const other = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  await Promise.all(Array.from({ length: 50 }, (_, index) => other.run(index).then(() => other.close())))
  t.true(other.closed)
})

testOnce('close of a pool whose zygote hangs as it loads ends with its start limit', async (t) => {
  const hangs = new URL('./fixtures/hangs.js', import.meta.url)
  const pool = new Pool({ filename, startMethod: 'fork', preload: [hangs], startTimeout: 500, maxWorkers: 1 })
  pool.on('error', () => {})
  const ready = rejection(pool.ready)
  const run = rejection(pool.run(1))
  await pool.close()
  t.is((await run).code, 'ERR_HATCHERY_WORKER_START_FAILED')
  await ready
})
