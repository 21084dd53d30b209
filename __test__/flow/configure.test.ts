/** Options of a pool that change while it runs. */
import { Worker } from 'node:worker_threads'
import { Pool, type PoolOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, thrownBy, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const INVALID = 'ERR_HATCHERY_INVALID_OPTION'

/** A pool whose one worker is held at a gate. */
async function withHeld(options: PoolOptions, body: (pool: Pool, gate: Gate) => Promise<void>): Promise<void> {
  using gate = new Gate()
  await withPool({ filename, startMethod: 'fork', maxWorkers: 1, ...options }, async (pool) => {
    const held = pool.run(gate.path, { name: 'gate' })
    held.catch(() => {})
    await gate.entered()
    await body(pool, gate)
    gate.open()
    await held
  })
}

testOnce('the bounds of the queue hold at once, and what was taken before stays', (t) =>
  withHeld({}, async (pool, gate) => {
    const taken = [1, 2, 3].map((value) => pool.run(value))
    t.is(pool.options.queueHighWaterMark, 1000)
    t.deepEqual(pool.configure({ maxQueue: 2, ageing: 1000 }), ['maxQueue', 'queueHighWaterMark', 'queueLowWaterMark'])
    t.like(pool.options, { maxQueue: 2, queueHighWaterMark: 2, queueLowWaterMark: 1 }, 'the marks follow')
    t.is((await rejection(pool.run(4))).code, 'ERR_HATCHERY_QUEUE_FULL')
    t.true(pool.needsDrain, 'the mark has been lowered below what waits')
    pool.configure({ maxQueue: undefined })
    t.like(pool.options, { maxQueue: Infinity, queueHighWaterMark: 1000 }, 'the defaults are back')
    taken.push(pool.run(5))
    gate.open()
    t.deepEqual(await Promise.all(taken), [1, 2, 3, 5])
  }),
)

testOnce('tasks that wait for room are not lost when the policy changes, and wait again when it changes back', (t) =>
  withHeld({ maxQueue: 0, queuePolicy: 'wait' }, async (pool, gate) => {
    const waiting = [1, 2, 3].map((value) => pool.run(value))
    pool.configure({ queuePolicy: 'reject' })
    t.is((await rejection(pool.run(4))).code, 'ERR_HATCHERY_QUEUE_FULL')
    pool.configure({ queuePolicy: 'wait', queueTimeout: 40 })
    t.is((await rejection(pool.run(5))).code, 'ERR_HATCHERY_QUEUE_TIMEOUT', 'the new limit holds for what comes')
    pool.configure({ queueTimeout: undefined })
    waiting.push(pool.run(6))
    gate.open()
    t.deepEqual(await Promise.all(waiting), [1, 2, 3, 6])
  }),
)

testOnce('limits of tasks, and what a task calls, are those of the moment at which it is submitted', async (t) => {
  await withPool({ filename, startMethod: 'fork', maxWorkers: 1, killGrace: 0, taskTimeout: 60_000 }, async (pool) => {
    using gate = new Gate()
    pool.configure({ taskTimeout: 50, name: 'gate' })
    const { code, timeout } = await rejection(pool.run(gate.path))
    t.deepEqual([code, timeout], ['ERR_HATCHERY_TASK_TIMEOUT', 50])
    t.is((await rejection(pool.tasks().gate!(gate.path))).timeout, 50)
    t.is(thrownBy(() => pool.runSync(gate.path)).code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.is(await pool.run(1, { name: 'default', timeout: Infinity }), 1, 'a task of its own mind')
    pool.configure({ taskTimeout: undefined, name: undefined })
    t.is(await pool.run(2), 2)
  })
})

testOnce('a change of which one part is no good changes nothing', async (t) => {
  await withPool({ filename, startMethod: 'fork', maxWorkers: 1 }, async (pool) => {
    const before = pool.options
    const refused = (options: object) => thrownBy(() => pool.configure(options)).code
    t.is(refused({ killGrace: 5, retries: -1 }), INVALID)
    t.is(refused({ killGrace: 5, queueHighWaterMark: 1, queueLowWaterMark: 2 }), INVALID)
    t.is(refused({ startMethod: 'spawn' }), INVALID, 'not while it runs')
    t.is(refused(null as never), INVALID)
    for (const [option, instead] of [
      ['startMethod', 'a pool has it for life'],
      ['maxWorkers', 'pool.resize() changes it'],
      ['preload', 'pool.reload() changes it'],
      ['killGrase', 'did you mean "killGrace"?'],
    ] as const) {
      const { message } = thrownBy(() => pool.configure({ [option]: 1 }))
      t.true(message.startsWith(`There is no option "${option}" (${instead}); configure takes`), message)
    }
    t.is(pool.options, before)
    t.deepEqual(pool.configure({}), [])
    t.deepEqual(pool.configure({ killGrace: 1000 }), [], 'the same as before is no change')
    const attached = new Worker(
      `const { workerData } = require('node:worker_threads')
       import('hatchery').then(({ Pool }) => {
         const pool = Pool.attach(workerData)
         try { pool.configure({ killGrace: 1 }) } catch (error) { require('node:worker_threads').parentPort.postMessage(error.code) }
         return pool.close()
       })`,
      { eval: true, workerData: pool.handle() },
    )
    t.is(await new Promise((resolve) => attached.once('message', resolve)), INVALID, 'only by its maker')
    await new Promise((resolve) => attached.once('exit', resolve))
  })
  const closed = new Pool({ filename, startMethod: 'fork', maxWorkers: 1 })
  await closed.close()
  t.is(thrownBy(() => closed.configure({ killGrace: 1 })).code, 'ERR_HATCHERY_POOL_CLOSED')
})

testOnce('spares come and go, idle workers leave by the new time, retries and limits hold', async (t) => {
  const options = { filename, startMethod: 'fork', minWorkers: 0, maxWorkers: 1 } as const
  await withPool(options, async (pool) => {
    await pool.run(1)
    t.is(workerPids(pool).length, 1)
    pool.configure({ spares: 2 })
    await until(() => workerPids(pool).length === 3, 20_000, 'two spares are there')
    pool.configure({ spares: 0, idleTimeout: 20 })
    await until(() => workerPids(pool).length === 0, 20_000, 'the spares, and the idle worker, have left')
    t.like(pool.options, { spares: 0, idleTimeout: 20 })
    pool.configure({ idleTimeout: undefined, maxTasks: 1 })
    const pids = [await pool.run(0, { name: 'takeNumber' }), await pool.run(0, { name: 'takeNumber' })]
    t.deepEqual(pids, [0, 0], 'each task has had a worker of its own')
  })
})
