/** Tasks that this process keeps back for want of room (`queuePolicy: 'wait'`). */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { move, type Pool, type PoolOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

/** A pool whose one worker is held at a gate, so that every task is kept back. */
async function withHeld(options: PoolOptions, body: (pool: Pool, gate: Gate) => Promise<void>): Promise<void> {
  using gate = new Gate()
  const one = { filename, startMethod: 'fork', maxWorkers: 1, maxQueue: 0, queuePolicy: 'wait' } as const
  await withPool({ ...one, ...options }, async (pool) => {
    const held = pool.run(gate.path, { name: 'gate' })
    // Should the body end the pool.
    held.catch(() => {})
    await gate.entered()
    await body(pool, gate)
    gate.open()
    await held
  })
}

testOnce('shared memory may be let go of, or moved, as soon as the task is submitted', (t) =>
  withHeld({}, async (pool, gate) => {
    const controller = new AbortController()
    const memories = Array.from({ length: 3 }, (_, index) => pool.alloc(1 << 16).fill(index + 1))
    const [disposed, moved, unwanted] = memories as [(typeof memories)[0], (typeof memories)[0], (typeof memories)[0]]
    const runs = [pool.run({ disposed }), pool.run(move(moved))]
    const aborted = rejection(pool.run(unwanted, { signal: controller.signal }))
    disposed[Symbol.dispose]()
    unwanted[Symbol.dispose]()
    t.deepEqual(
      memories.map(({ length }) => length),
      [0, 0, 0],
    )
    controller.abort()
    t.is((await aborted).code, 'ERR_HATCHERY_TASK_CANCELLED')
    await until(() => pool.stats().segments === 2, 10_000, 'nobody holds the memory of the task that was aborted')
    gate.open()
    const [first, second] = await Promise.all(runs)
    t.deepEqual([first.disposed[0], first.disposed.length], [1, 1 << 16])
    t.deepEqual([second[0], second.length], [2, 1 << 16])
    for (const bytes of [first.disposed, second]) bytes[Symbol.dispose]()
  }),
)

testOnce('a task that is aborted as the pool is destroyed is settled once', async (t) => {
  using gate = new Gate()
  await withHeld({}, async (pool) => {
    const controller = new AbortController()
    const late = rejection(pool.run(1, { signal: controller.signal }))
    const named = rejection(pool.run(gate.path, { name: 'gate', id: 'named' }))
    controller.abort()
    t.true(pool.cancel('named'))
    const destroyed = pool.destroy()
    t.is((await late).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await named).code, 'ERR_HATCHERY_POOL_CLOSED')
    await destroyed
    t.is(pool.pending, 0)
  }).catch((error) => t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED', 'the task at the gate'))
})

testOnce('the limit of waiting is the one that was given, wherever it runs out', (t) =>
  withHeld({ maxQueue: 1 }, async (pool, gate) => {
    const ahead = pool.run(1)
    const here = await rejection(pool.run(2, { queueTimeout: 30 }))
    t.is(here.code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    t.is(here.timeout, 30)
    t.regex(here.message, /of 30 ms/)
    // Kept back at first; handed over when the first gate opens, and there a second one holds it up.
    using second = new Gate()
    const controller = new AbortController()
    const holder = pool.run(second.path, { name: 'gate', priority: 'high' })
    const there = rejection(pool.run(3, { queueTimeout: 1500, signal: controller.signal }))
    t.is(pool.stats().submitted, 5)
    gate.open()
    await second.entered()
    const error = await there
    t.is(error.code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    t.is(error.timeout, 1500)
    t.regex(error.message, /of 1500 ms/)
    second.open()
    await Promise.all([ahead, holder])
  }),
)

testOnce('statistics and needsDrain take notice of what waits here and of what leaves', (t) =>
  withHeld({ queueHighWaterMark: 4, queueLowWaterMark: 2 }, async (pool) => {
    const controller = new AbortController()
    const drained = new Promise<void>((resolve) => pool.once('drain', resolve))
    const aborted = [1, 2].map((task) => rejection(pool.run(task, { signal: controller.signal, priority: 'low' })))
    const late = [3, 4].map((task) => rejection(pool.run(task, { queueTimeout: 50 })))
    t.true(pool.needsDrain)
    t.is(pool.stats().queued, 4)
    t.deepEqual(pool.stats().queues, { high: 0, normal: 2, low: 2 })
    controller.abort()
    await Promise.all([...aborted, ...late])
    t.false(pool.needsDrain)
    await drained
    const { submitted, queued, cancelled, timedOut } = pool.stats()
    t.deepEqual({ submitted, queued, cancelled, timedOut }, { submitted: 5, queued: 0, cancelled: 2, timedOut: 2 })
  }),
)

testOnce('a time limit of what waits here holds no process whose pool was told not to', (t) => {
  const source = `
    import { Pool } from 'hatchery'
    const pool = new Pool({ filename: ${JSON.stringify(filename.href)}, startMethod: 'fork', maxWorkers: 1, maxQueue: 0,
      queuePolicy: 'wait' })
    await pool.ready
    for (const _ of [1, 2]) pool.run(100_000, { name: 'spin', queueTimeout: 100_000 }).catch(() => {})
    pool.unref()`
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 25_000,
  })
  t.deepEqual({ status, signal }, { status: 0, signal: null })
})
