/** Which function a task calls, and with what. */
import { relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const other = new URL('./fixtures/other.js', import.meta.url)

testEach('tasks run in processes of their own', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using first = new Gate()
    using second = new Gate()
    const running = [tasks.gate(first.path), tasks.gate(second.path)]
    await Promise.all([first.entered(), second.entered()])
    first.open()
    second.open()
    const pids = await Promise.all(running)
    t.not(pids[0], pids[1])
    t.false(pids.includes(process.pid))
    t.deepEqual([...pids].sort(), workerPids(pool).sort())
    t.is(pool.stats().startMethod, startMethod)
    // A forked worker is the zygote's child, a spawned one ours.
    const parent = await tasks.parentPid()
    if (startMethod === 'spawn') t.is(parent, process.pid)
    else t.not(parent, process.pid)
  }),
)

testEach('the default export, a named one, and the name of the pool', async (t, startMethod) => {
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run('value'), 'value')
    t.is(await pool.run('value', {}), 'value')
    t.is(await pool.run('value', { name: 'default' }), 'value')
    t.is(await pool.run([1, 2, 3], { name: 'describe' }), '[ 1, 2, 3 ]')
    t.is(await pool.run(), undefined)
    t.is(await pool.run(undefined, { name: 'nothing' }), undefined)
  })
  await withPool({ filename, startMethod, maxWorkers: 1, name: 'describe' }, async (pool) => {
    t.is(await pool.run({ a: 1 }), '{ a: 1 }')
    t.is(await pool.run('x', { name: 'default' }), 'x')
  })
})

testEach('several modules in one pool', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const results = await Promise.all([
      pool.run(21),
      pool.run(21, { filename: other }),
      pool.run(21, { filename: other.href }),
      pool.run(21, { filename: fileURLToPath(other) }),
      pool.run(21, { filename: relative(process.cwd(), fileURLToPath(other)) }),
      pool.run(21, { filename: other, name: 'name' }),
    ])
    t.deepEqual(results, [21, 42, 42, 42, 42, 'other'])
  }),
)

testEach('a pool without a module of its own', (t, startMethod) =>
  withPool({ startMethod, maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run(4, { filename: other }), 8)
    await t.throwsAsync(pool.run(4), { code: 'ERR_HATCHERY_INVALID_OPTION' })
    t.is(await pool.run(5, { filename: other }), 10)
  }),
)

testEach('typed tasks with any number of arguments', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    t.is(await tasks.add(2, 3), 5)
    t.is(await tasks.countArguments(), 0)
    t.is(await tasks.countArguments(undefined), 1)
    t.is(await tasks.countArguments([1, 2]), 1)
    t.is(await tasks.countArguments(1, undefined, 3), 3)
    t.is(await tasks.describeArguments({ a: 1 }, [2], 'three'), "[ { a: 1 }, [ 2 ], 'three' ]")
    t.is(await tasks.withDefault(), 'default')
    t.is(await tasks.withDefault(undefined, 'a', 'b'), 'default,a,b')
    t.is(await tasks.default('x'), 'x')
    const large = Array.from({ length: 3 }, (_, index) => Buffer.alloc(100_000, index))
    t.is(await tasks.countArguments(...large), 3)
  }),
)

testEach('typed tasks with options', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    t.is(await tasks.add.with({ timeout: 20_000, priority: 'low' })(2, 3), 5)
    await t.throwsAsync(tasks.add.with({ signal: AbortSignal.abort() })(2, 3), { code: 'ERR_HATCHERY_TASK_CANCELLED' })
    await t.throwsAsync(tasks.add.with({ retries: -1 })(2, 3), { code: 'ERR_HATCHERY_INVALID_OPTION' })
    t.is(await tasks.add(4, 5), 9)
  }),
)

testEach('results go to the call they belong to, whatever their order', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, concurrency: 4 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const count = 5_000
    const values = Array.from({ length: count }, (_, index) => index)
    const results = await Promise.all(
      values.map((value) => (value % 3 === 0 ? tasks.slowEcho({ turns: value % 7, value }) : tasks.default(value))),
    )
    t.deepEqual(results, values)
    t.is(pool.completed, count)
    t.is(pool.pending, 0)
    t.is(pool.queueSize, 0)
  }),
)

testEach('tasks submitted before the pool is up run once it is', async (t, startMethod) => {
  await using pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  t.is(pool.pending, 0)
  const early = pool.run('early')
  t.is(pool.pending, 1)
  t.is(await early, 'early')
  t.is(await pool.ready, undefined)
})

testEach('ready without any task, and the events of a life', async (t, startMethod) => {
  const seen: string[] = []
  const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
  const started: number[] = []
  pool.on('ready', () => seen.push('ready'))
  pool.on('workerStarted', ({ pid }) => {
    seen.push('workerStarted')
    started.push(pid)
  })
  pool.on('drain', () => seen.push('drain'))
  pool.on('workerExited', ({ pid, crashed, exitCode }) => {
    seen.push(`workerExited ${crashed} ${exitCode}`)
    t.is(started[0], pid)
  })
  pool.on('close', () => seen.push('close'))
  pool.on('error', (error) => seen.push(String(error)))
  pool.on('warning', ({ message }) => seen.push(message))
  await pool.ready
  await pool.run('x')
  await until(() => seen.includes('drain'), 5_000, 'the pool has drained')
  await pool.close()
  await until(() => seen.includes('close'), 5_000, 'close is emitted')
  // The worker may say that it is ready before the zygote says which process it is.
  t.deepEqual(seen.splice(0, 2).sort(), ['ready', 'workerStarted'])
  t.deepEqual(seen, ['drain', 'workerExited false 0', 'close'])
  t.true(pool.closed)
})
