/** How many workers there are. */
import process from 'node:process'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool, workerPids } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

testEach('grows to the maximum under load, and shrinks to the minimum without, again and again', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 3, idleTimeout: 60 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (let round = 0; round < 2; round++) {
      await until(() => workerPids(pool).length === 1, 10_000, 'there is the minimum')
      using first = new Gate()
      using second = new Gate()
      using third = new Gate()
      const gates = [first, second, third]
      const running = gates.map((gate) => tasks.gate(gate.path))
      // More than the workers there may be.
      const others = Array.from({ length: 20 }, (_, index) => tasks.default(index))
      await Promise.all(gates.map((gate) => gate.entered()))
      t.is(workerPids(pool).length, 3)
      const pids = workerPids(pool)
      for (const gate of gates) gate.open()
      t.deepEqual((await Promise.all(running)).sort(), pids.sort())
      t.deepEqual(await Promise.all(others), [...others.keys()])
      await until(() => pool.workers.length === 1, 10_000, 'the others have left')
      await until(() => pids.filter(isAlive).length === 1, 10_000, 'their processes are gone')
    }
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testEach('no worker leaves while the idle time is 0', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 0, maxWorkers: 2, idleTimeout: 0 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using first = new Gate()
    using second = new Gate()
    const running = [first, second].map((gate) => tasks.gate(gate.path))
    await Promise.all([first.entered(), second.entered()])
    first.open()
    second.open()
    const pids = await Promise.all(running)
    await Promise.all(Array.from({ length: 100 }, (_, index) => tasks.later(index)))
    t.deepEqual(workerPids(pool).sort(), pids.sort())
  }),
)

testEach('a pool without a minimum starts its first worker for the first task, and does without again', (t, method) =>
  withPool({ filename, startMethod: method, minWorkers: 0, maxWorkers: 1, idleTimeout: 50 }, async (pool) => {
    await pool.ready
    t.deepEqual(pool.workers, [])
    t.is(pool.stats().workersStarted, 0)
    const tasks = pool.tasks<typeof Tasks>()
    const pid = await tasks.pid()
    await until(() => pool.workers.length === 0, 10_000, 'the worker has left')
    await until(() => !isAlive(pid), 10_000, 'its process is gone')
    t.not(await tasks.pid(), pid)
  }),
)

testEach('a task that comes as its worker leaves is not lost', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 0, maxWorkers: 1, idleTimeout: 20 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (let round = 0; round < 25; round++) {
      t.is(await tasks.default(round), round)
      // Around the moment at which the worker is told to leave.
      const end = performance.now() + 16 + (round % 9)
      while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve))
    }
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testEach('the minimum is there before the first task, and is kept when workers die', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 3, maxWorkers: 3 }, async (pool) => {
    await until(() => workerPids(pool).length === 3, 10_000, 'there is the minimum')
    const before = workerPids(pool)
    for (const pid of before) process.kill(pid, 'SIGKILL')
    const renewed = () => workerPids(pool).length === 3 && workerPids(pool).every((pid) => !before.includes(pid))
    await until(renewed, 10_000, 'they are replaced')
    t.is(await pool.run(1), 1)
    t.is(pool.stats().workersCrashed, 3)
  }),
)
