/** Who goes first, and how many at a time. */
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

testEach('with one worker tasks of equal priority run in the order of their submission', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const numbers = await Promise.all(Array.from({ length: 2_000 }, () => tasks.takeNumber()))
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index),
    )
  }),
)

testEach('with one worker high goes before normal, and normal before low', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using gate = new Gate()
    const held = tasks.gate(gate.path)
    await gate.entered()
    const submit = (priority: 'high' | 'normal' | 'low', count: number) =>
      Array.from({ length: count }, () => tasks.takeNumber.with({ priority })())
    // The least urgent first, so that the order of submission alone would give the opposite.
    const low = submit('low', 20)
    const normal = submit('normal', 20)
    await new Promise((resolve) => setImmediate(resolve))
    const high = submit('high', 20)
    gate.open()
    await held
    const numbers = await Promise.all([...high, ...normal, ...low])
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index),
    )
  }),
)

testEach('high overtakes what lies in the ring of a busy worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    // Short tasks open the worker's window: from then on many tasks are placed ahead.
    const opens = async () => {
      await Promise.all(Array.from({ length: 5_000 }, () => tasks.nothing()))
      return (pool.workers[0]?.window ?? 0) > 10
    }
    await until(opens, 20_000, 'the window has opened')
    using gate = new Gate()
    const held = tasks.gate(gate.path)
    await gate.entered()
    const low = Array.from({ length: 100 }, () => tasks.takeNumber.with({ priority: 'low' })())
    await until(() => (pool.workers[0]?.inFlight ?? 0) > 10, 5_000, 'the low ones lie in the ring')
    const high = Array.from({ length: 10 }, () => tasks.takeNumber.with({ priority: 'high' })())
    await new Promise((resolve) => setImmediate(resolve))
    gate.open()
    await held
    const numbers = await Promise.all([...high, ...low])
    t.deepEqual(
      numbers,
      numbers.map((_, index) => index),
    )
  }),
)

testEach('a long task does not hold up what lies behind it when another worker is idle', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    await Promise.all(Array.from({ length: 5_000 }, () => tasks.nothing()))
    using gate = new Gate()
    // In one batch, so that some are placed behind the gate.
    const held = tasks.gate(gate.path)
    const others = Array.from({ length: 200 }, (_, index) => tasks.default(index))
    const results = await Promise.all(others)
    t.is(results.length, 200)
    gate.open()
    await held
  }),
)

testEach('concurrency: one worker runs so many asynchronous tasks at a time, and no more', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 4 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    // Would never end if fewer ran at a time.
    const met = await Promise.all(Array.from({ length: 4 }, () => tasks.meet(4)))
    t.is(met.length, 4)
    const most = await Promise.all(Array.from({ length: 40 }, () => tasks.crowd(5)))
    t.is(Math.max(...most), 4)
  }),
)

testEach('without concurrency a worker runs one asynchronous task at a time', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const most = await Promise.all(Array.from({ length: 40 }, () => tasks.crowd(5)))
    t.is(Math.max(...most), 1)
  }),
)

testEach('an asynchronous task that waits does not stop others of its worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using gate = new Gate()
    const held = tasks.gateAsync(gate.path)
    await gate.entered()
    const results = await Promise.all(Array.from({ length: 500 }, (_, index) => tasks.echoLater(index)))
    t.is(results.length, 500)
    gate.open()
    t.is(pool.workers[0]?.pid, await held)
  }),
)
