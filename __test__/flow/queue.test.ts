/** Queues with a limit. */
import { once } from 'node:events'
import type { Pool, PoolOptions } from 'hatchery'
import { Piscina } from 'hatchery/piscina'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const FULL = 'ERR_HATCHERY_QUEUE_FULL'
const DROPPED = 'ERR_HATCHERY_QUEUE_DROPPED'
type Priority = 'high' | 'normal' | 'low'

/** A pool of one worker, which is held at a gate. */
async function withHeld(options: PoolOptions, body: (pool: Pool, gate: Gate) => Promise<void>): Promise<void> {
  using gate = new Gate()
  await withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, ...options }, async (pool) => {
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    await body(pool, gate)
    gate.open()
    await held
  })
}

const take = (pool: Pool, priority: Priority = 'normal'): Promise<number> =>
  pool.run(undefined, { name: 'takeNumber', priority })

const codes = async (runs: Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(runs.map((run) => run.catch((error) => error.code)))

testEach('reject: what is too much is refused, and what has been taken is not disturbed', (t, startMethod) =>
  withHeld({ startMethod, maxQueue: 2 }, async (pool, gate) => {
    // In one batch, so that none has been placed when the last comes.
    const runs = [take(pool), take(pool), take(pool, 'high'), take(pool)]
    t.is((await rejection(runs[2]!)).code, FULL)
    t.is((await rejection(runs[3]!)).code, FULL)
    gate.open()
    t.deepEqual(await codes(runs), [0, 1, FULL, FULL])
    t.is(await take(pool), 2, 'there is room again')
    t.is(pool.stats().pending, 0)
  }),
)

testOnce('no queue at all: as many tasks as can run, also before a worker is up', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 0, maxWorkers: 2, maxQueue: 0 }, async (pool) => {
    const runs = await codes(Array.from({ length: 5 }, (_, index) => pool.run(index)))
    t.deepEqual(runs, [0, 1, FULL, FULL, FULL])
  }),
)

testEach('drop-oldest: the oldest of the lowest priority goes, never one of a higher one', (t, startMethod) =>
  withHeld({ startMethod, maxQueue: 2, queuePolicy: 'drop-oldest' }, async (pool, gate) => {
    const first = take(pool)
    const second = take(pool)
    const third = take(pool)
    t.is((await rejection(first)).code, DROPPED)
    const urgent = take(pool, 'high')
    const error = await rejection(second)
    t.is(error.code, DROPPED)
    t.is(error.attempt, undefined)
    t.is((await rejection(take(pool, 'low'))).code, FULL)
    const more = take(pool, 'high')
    t.is((await rejection(third)).code, DROPPED)
    t.is((await rejection(take(pool))).code, FULL)
    t.is(pool.stats().dropped, 3)
    t.is(pool.stats().queues?.high, 2)
    gate.open()
    t.deepEqual(await Promise.all([urgent, more]), [0, 1])
  }),
)

testEach('drop-oldest: what an idle worker can begin is not dropped', (t, startMethod) =>
  withPool(
    { filename, startMethod, minWorkers: 2, maxWorkers: 2, maxQueue: 1, queuePolicy: 'drop-oldest' },
    async (pool) => {
      using gate = new Gate()
      await until(() => workerPids(pool).length === 2, 20_000, 'both are up')
      const begun = [pool.run(gate.path, { name: 'gate' }), pool.run(gate.path, { name: 'gate' })]
      // In one batch, so that none has been placed when the last comes.
      const runs = [take(pool), take(pool), take(pool)]
      t.deepEqual(await codes(runs.slice(0, 2)), [DROPPED, DROPPED])
      gate.open()
      await Promise.all(begun)
      t.is(await runs[2], 0)
    },
  ),
)

testOnce('drop-oldest reaches what lies in a ring and has not begun', (t) =>
  withPool(
    { filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, maxQueue: 4000, queuePolicy: 'drop-oldest' },
    async (pool) => {
      const opens = async () => {
        await Promise.all(Array.from({ length: 3000 }, (_, index) => pool.run(index)))
        return (pool.workers[0]?.window ?? 0) > 20
      }
      await until(opens, 20_000, 'the window has opened')
      using gate = new Gate()
      const held = pool.run(gate.path, { name: 'gate' })
      await gate.entered()
      const early = Array.from({ length: 10 }, () => take(pool))
      await until(() => pool.stats().queued === 0, 10_000, 'they lie in the ring')
      const late = Array.from({ length: 4000 }, () => take(pool))
      t.deepEqual(new Set(await codes(early)), new Set([DROPPED]))
      gate.open()
      await held
      t.deepEqual(await Promise.all(late), [...late.keys()], 'those that were dropped never ran')
    },
  ),
)

testEach('wait: what is too much waits here, in order, and can be aborted', (t, startMethod) =>
  withHeld({ startMethod, maxQueue: 2, queuePolicy: 'wait' }, async (pool, gate) => {
    const controller = new AbortController()
    const normal = Array.from({ length: 5 }, () => take(pool))
    const aborted = pool.run(undefined, { name: 'takeNumber', signal: controller.signal })
    const high = Array.from({ length: 3 }, () => take(pool, 'high'))
    t.is(pool.pending, 10)
    t.is(pool.queueSize, 9)
    t.is(pool.stats().queued, 9)
    t.deepEqual(pool.stats().queues, { high: 3, normal: 6, low: 0 })
    controller.abort()
    t.is((await rejection(aborted)).code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(pool.queueSize, 8)
    gate.open()
    const [numbers, urgent] = await Promise.all([Promise.all(normal), Promise.all(high)])
    t.deepEqual(
      [...numbers].sort((a, b) => a - b),
      numbers,
      'in order',
    )
    t.true(Math.max(...urgent) < Math.min(...numbers.slice(2)), 'high before what was not handed over yet')
  }),
)

testOnce('wait: large values, bad ones, and a pool that closes meanwhile', (t) =>
  withHeld({ maxQueue: 0, queuePolicy: 'wait' }, async (pool, gate) => {
    const text = 'x'.repeat(300_000)
    const large = pool.run(text)
    const list = [1]
    const copied = pool.run(list)
    list.push(2)
    t.is((await rejection(pool.run(() => {}))).code, 'ERR_HATCHERY_DATA_CLONE')
    const memory = pool.alloc(8)
    memory.set([1, 2, 3])
    const shared = pool.run(memory)
    t.is(pool.queueSize, 3)
    const closed = pool.close()
    gate.open()
    t.is(await large, text)
    t.deepEqual(await copied, [1])
    t.deepEqual(await shared, memory)
    memory[Symbol.dispose]()
    await closed
  }),
)

testOnce('wait: twenty thousand tasks go through a queue of ten', (t) =>
  withPool({ filename, startMethod: 'fork', maxWorkers: 2, maxQueue: 10, queuePolicy: 'wait' }, async (pool) => {
    const runs = Array.from({ length: 20_000 }, (_, index) => pool.run(index))
    const results = await Promise.all(runs)
    t.true(results.every((value, index) => value === index))
    t.is(pool.queueSize, 0)
  }),
)

testOnce('wait: a pool that is destroyed rejects what waits', (t) =>
  withPool({ filename, startMethod: 'fork', maxWorkers: 1, maxQueue: 0, queuePolicy: 'wait' }, async (pool) => {
    const runs = [take(pool), take(pool)].map(rejection)
    t.is(pool.queueSize, 2)
    await pool.destroy()
    for (const run of runs) t.is((await run).code, 'ERR_HATCHERY_POOL_CLOSED')
  }),
)

testOnce('needsDrain from the high mark to the low one', (t) =>
  withHeld({ queueHighWaterMark: 6, queueLowWaterMark: 3 }, async (pool, gate) => {
    const seen: string[] = []
    pool.on('needsDrain', () => seen.push('needsDrain'))
    pool.on('drain', () => seen.push(pool.pending > 0 ? 'drain' : 'idle'))
    const runs = Array.from({ length: 5 }, () => take(pool))
    t.false(pool.needsDrain)
    runs.push(take(pool))
    t.true(pool.needsDrain)
    using second = new Gate()
    const held = pool.run(second.path, { name: 'gate' })
    runs.push(take(pool), take(pool))
    gate.open()
    await second.entered()
    await until(() => seen.includes('drain'), 5_000, 'less than three wait')
    t.false(pool.needsDrain)
    second.open()
    await Promise.all([held, ...runs])
    await until(() => seen.includes('idle'), 5_000, 'none does')
    t.deepEqual(seen, ['needsDrain', 'drain', 'idle'])
  }),
)

testOnce('piscina: maxQueue, queueSize and needsDrain mean what they do there', async (t) => {
  using gate = new Gate()
  const pool = new Piscina({ filename: filename.href, minThreads: 1, maxThreads: 2, maxQueue: 'auto' })
  t.is(pool.options.maxQueue, 4)
  const held = [pool.run(gate.path, { name: 'gate' }), pool.run(gate.path, { name: 'gate' })]
  t.true(pool.needsDrain, 'no thread is free')
  t.is(pool.queueSize, 0)
  const waiting = Array.from({ length: 4 }, (_, index) => pool.run(index))
  t.is(pool.queueSize, 4)
  t.is((await rejection(pool.run(5))).code, FULL)
  const drained = once(pool, 'drain')
  gate.open()
  await drained
  t.false(pool.needsDrain)
  t.deepEqual(await Promise.all(waiting), [0, 1, 2, 3])
  await Promise.all(held)
  await pool.close()
})
