/** Hooks that each worker runs before its first task. */
import { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'

watchForLeaks()

testEach('hooks run once in each worker, in order, and are waited for', (t, startMethod) =>
  withPool(
    { filename: new URL('./fixtures/on-fork.js', import.meta.url), startMethod, minWorkers: 3, maxWorkers: 3 },
    async (pool) => {
      const seen = await Promise.all(Array.from({ length: 12 }, () => pool.run()))
      for (const { log, pid } of seen) t.deepEqual(log, [`first ${pid} true`, `second ${pid}`])
      t.true(new Set(seen.map(({ pid }) => pid)).size > 1)
    },
  ),
)

testEach('hooks of a module that the worker itself loads run before its first task', (t, startMethod) => {
  const fixture = (name: string) => new URL(`./fixtures/${name}.js`, import.meta.url)
  const options = { filename: fixture('on-fork'), startMethod, maxWorkers: 1, concurrency: 4, shareFilename: false }
  return withPool(options, async (pool) => {
    const seen = await Promise.all(Array.from({ length: 4 }, () => pool.run()))
    for (const { log, pid } of seen) t.deepEqual(log, [`first ${pid} true`, `second ${pid}`])
    const error = await rejection(pool.run(1, { filename: fixture('on-fork-fails') }))
    t.is(error.code, 'ERR_HATCHERY_WORKER_MODULE_FAILED')
    t.regex(error.message, /no connection today/)
  })
})

testEach('a hook that fails keeps the worker from starting, and the pool says why', async (t, startMethod) => {
  const filename = new URL('./fixtures/on-fork-fails.js', import.meta.url)
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  pool.on('error', () => {})
  const task = rejection(pool.run())
  const error = await rejection(pool.ready)
  t.regex(String(error.code), /^ERR_HATCHERY_(?:WORKER_START_FAILED|POOL_FAILED)$/)
  t.regex(error.message, /no connection today/)
  t.is((await task).code, error.code)
  await pool.destroy()
})
