/** Other bounds for a pool that runs. */
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

/** How a promise stands, once everything that is due now has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}

testEach('a pool grows and shrinks when it is told to, and interrupts nothing', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    const reasons = new Set<string>()
    await pool.run(1)
    pool.on('scale', ({ reason }) => reasons.add(reason))
    await pool.resize(3)
    t.is(workerPids(pool).length, 3)
    t.is(pool.options.minWorkers, 3)
    t.is(pool.options.maxThreads, 3)
    using first = new Gate()
    using second = new Gate()
    using third = new Gate()
    const gates = [first, second, third]
    const runs = gates.map(({ path }) => pool.run(path, { name: 'gate' }))
    await Promise.all(gates.map((gate) => gate.entered()))
    const pids = workerPids(pool)
    const shrinking = pool.resize({ min: 0, max: 1 })
    // More than the one that stays could begin.
    const others = Array.from({ length: 50 }, (_, index) => pool.run(index))
    t.false(await isSettled(shrinking))
    first.open()
    second.open()
    t.false(await isSettled(shrinking), 'one may stay, and three are there')
    third.open()
    t.deepEqual((await Promise.all(runs)).sort(), pids.sort())
    t.deepEqual(await Promise.all(others), [...others.keys()])
    await shrinking
    t.is(pool.workers.length, 1)
    t.is(pids.filter(isAlive).length, 1)
    t.is(pool.stats().workersCrashed, 0)
    t.deepEqual([...reasons], ['resize'])
  }),
)

testOnce('idle workers leave at once, and bounds hold from then on', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 3, maxWorkers: 3 }, async (pool) => {
    await until(() => workerPids(pool).length === 3, 10_000, 'all are there')
    await pool.resize({ min: 1 })
    t.is(pool.workers.length, 3, 'there may be as many as before')
    await pool.resize({ max: 2 })
    t.is(pool.workers.length, 2)
    using first = new Gate()
    using second = new Gate()
    const gates = [first, second]
    const runs = gates.map(({ path }) => pool.run(path, { name: 'gate' }))
    await Promise.all(gates.map((gate) => gate.entered()))
    const waiting = pool.run(1)
    t.is(pool.workers.length, 2)
    // What waits has its worker as soon as there may be one.
    await pool.resize({ max: 3 })
    t.is(await waiting, 1)
    for (const gate of gates) gate.open()
    await Promise.all(runs)
  }),
)

testOnce('a later resize takes the place of one under way', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    using first = new Gate()
    using second = new Gate()
    const gates = [first, second]
    const runs = gates.map(({ path }) => pool.run(path, { name: 'gate' }))
    await Promise.all(gates.map((gate) => gate.entered()))
    const shrinking = pool.resize(1)
    t.false(await isSettled(shrinking))
    const growing = pool.resize({ min: 1, max: 4 })
    for (const gate of gates) gate.open()
    await Promise.all([shrinking, growing, ...runs])
    t.is(pool.options.maxWorkers, 4)
  }),
)

testOnce('a worker that does not turn for its task is there all the same', (t) => {
  const health = { interval: 10 }
  return withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, health }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    await until(() => pool.workers[0]?.health === 'blocked', 10_000, 'it is seen')
    await pool.resize(2)
    t.is(pool.workers.length, 2)
    gate.open()
    await held
  })
})

testOnce('what is no size is refused and changes nothing', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 2 }, async (pool) => {
    const bad = [0, -1, 1.5, NaN, 5000, '2', null, { min: 3 }, { min: 2, max: 1 }, { max: 0 }, { size: 2 }]
    for (const size of bad) {
      const error = await rejection(pool.resize(size as number))
      t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION', JSON.stringify(size))
    }
    t.is(pool.options.minWorkers, 1)
    t.is(pool.options.maxWorkers, 2)
    t.is(await pool.run(1), 1)
  }),
)

testOnce('a pool that ends is not resized', async (t) => {
  using gate = new Gate()
  await withPool({ filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const run = rejection(pool.run(gate.path, { name: 'gate' }))
    const other = rejection(pool.run(gate.path, { name: 'gate' }))
    await gate.entered()
    await until(() => workerPids(pool).length === 2, 10_000, 'both are there')
    const shrinking = rejection(pool.resize(1))
    await pool.destroy()
    t.is((await shrinking).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await run).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await other).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await rejection(pool.resize(1))).code, 'ERR_HATCHERY_POOL_CLOSED')
  })
})
