/** Pools in threads of the host. That nothing is left behind is asserted after each test. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, testEach, withPool } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const script = new URL('./fixtures/thread.js', import.meta.url)
const filename = new URL('./fixtures/faults.js', import.meta.url)

function startThread(mode: string, startMethod: Method): Worker {
  return new Worker(script, { workerData: { mode, startMethod } })
}

const none = () => until(() => descendants().length === 0, 5_000, 'no process is left')

testEach('a pool in a thread, closed there', async (t, startMethod) => {
  const thread = startThread('close', startMethod)
  const [[message], [code]] = await Promise.all([once(thread, 'message'), once(thread, 'exit')])
  t.is(message, 'up')
  t.is(code, 0)
})

testEach('a thread that ends and leaves its pool', async (t, startMethod) => {
  const thread = startThread('idle', startMethod)
  const [code] = await once(thread, 'exit')
  t.is(code, 0)
  await none()
})

testEach('a thread that is terminated while its pool is busy', async (t, startMethod) => {
  const thread = startThread('busy', startMethod)
  await once(thread, 'message')
  t.true(descendants().length >= 2)
  await thread.terminate()
  await none()
})

testEach('a thread that is terminated while its pool comes up', async (t, startMethod) => {
  for (let round = 0; round < 5; round++) {
    const thread = startThread('early', startMethod)
    await once(thread, 'message')
    await thread.terminate()
    await none()
    t.pass()
  }
})

testEach('a thread that exits with a busy pool', async (t, startMethod) => {
  const thread = startThread('exit', startMethod)
  const [code] = await once(thread, 'exit')
  t.is(code, 5)
  await none()
})

testEach('a thread that fails with a busy pool', async (t, startMethod) => {
  const thread = startThread('throw', startMethod)
  const [error] = await once(thread, 'error')
  t.is(error.message, 'the thread fails')
  await none()
})

testEach('pools of several threads and of the main one do not disturb each other', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run(1), 1)
    const busy = startThread('busy', startMethod)
    const closing = startThread('close', startMethod)
    await Promise.all([once(busy, 'message'), once(closing, 'exit')])
    const values = Array.from({ length: 500 }, (_, index) => index)
    const results = Promise.all(values.map((value) => pool.run(value, { name: 'echoLater' })))
    await busy.terminate()
    t.deepEqual(await results, values)
    t.is(await pool.run(2), 2)
  }),
)

testEach('several pools in one thread', async (t, startMethod) => {
  const pools = [1, 2, 3].map(() => new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 }))
  const values = Array.from({ length: 300 }, (_, index) => index)
  const results = await Promise.all(values.map((value) => pools[value % 3]!.run(value)))
  t.deepEqual(results, values)
  const pids = await Promise.all(pools.map((pool) => pool.run(undefined, { name: 'pid' })))
  t.is(new Set(pids).size, 3)
  await pools[0]!.destroy()
  t.is(await pools[1]!.run(5), 5)
  await Promise.all(pools.map((pool) => pool.close()))
})
