/** The pool under piscina's name. */
import { createRequire } from 'node:module'
import { getPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import DefaultPiscina, { Piscina } from 'hatchery/piscina'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce } from '../helpers/pool.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url).href

testEach('run, with all of piscina’s ways to say nothing', async (t, startMethod) => {
  const pool = new Piscina({
    filename,
    startMethod,
    minThreads: 1,
    maxThreads: 2,
    concurrentTasksPerWorker: 2,
    maxQueue: 'auto',
    idleTimeout: 0,
    atomics: 'sync',
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: 512, stackSizeMb: 4 },
    niceIncrement: 1,
    env: Symbol('SHARE_ENV'),
  })
  t.is(pool.options.minThreads, 1)
  t.is(pool.options.maxThreads, 2)
  t.is(pool.options.concurrency, 2)
  t.is(pool.options.maxHeap, 512 << 20)
  t.is(pool.options.nice, Math.min(getPriority() + 1, 19))
  t.is(pool.options.idleTimeout, 1, 'at once')
  t.is(pool.options.closeTimeout, 30_000)
  t.is(await pool.run('x'), 'x')
  t.is(await pool.run('x', null), 'x')
  t.is(await pool.run('x', { name: null, filename: null, signal: null, transferList: [] }), 'x')
  t.is(await pool.run([1, 2], { name: 'describe' }), '[ 1, 2 ]')
  t.is(await pool.run(4, { filename: new URL('./fixtures/other.js', import.meta.url).href }), 8)
  t.is(pool.threads.length, pool.workers.length)
  t.true(pool.threads.length >= 1)
  t.is(pool.completed, 5)
  t.true(pool.duration > 0)
  const controller = new AbortController()
  controller.abort()
  t.is((await rejection(pool.run('x', { signal: controller.signal }))).name, 'AbortError')
  await pool.close()
})

testEach('close with force waits for no task', async (t, startMethod) => {
  using gate = new Gate()
  const pool = new Piscina({ filename: fileURLToPath(filename), startMethod, maxThreads: 1 })
  const run = rejection(pool.run(gate.path, { name: 'gate' }))
  await gate.entered()
  await pool.close({ force: true })
  t.is((await run).code, 'ERR_HATCHERY_POOL_CLOSED')
})

testEach('destroy rejects what is pending', async (t, startMethod) => {
  using gate = new Gate()
  const pool = new Piscina({ filename, startMethod, maxThreads: 1 })
  const runs = [gate.path, gate.path].map((path) => rejection(pool.run(path, { name: 'gate' })))
  await gate.entered()
  await pool.destroy()
  for (const error of await Promise.all(runs)) t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
})

testOnce('it is what a program that used piscina imports', (t) => {
  t.is(DefaultPiscina, Piscina)
  t.false(Piscina.isWorkerThread)
  const required = createRequire(import.meta.url)('hatchery/piscina') as typeof import('hatchery/piscina')
  t.is(typeof required.Piscina, 'function')
  t.is(required.default, required.Piscina)
})
