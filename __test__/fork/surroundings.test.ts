/** Hosts in unusual circumstances. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool, workerPids } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/surroundings.js', import.meta.url)

testEach('a debugger of the host is not inherited, other options are', async (t, startMethod) => {
  const env = {
    ...process.env,
    NODE_OPTIONS: '--inspect=127.0.0.1:0 --no-deprecation --inspect-port 0 --trace-warnings',
  }
  await withPool({ filename, startMethod, maxWorkers: 1, env }, async (pool) => {
    const { url, nodeOptions } = await pool.run()
    t.is(url, undefined)
    t.is(nodeOptions, '--no-deprecation --trace-warnings')
  })
})

testEach('a host may run in a worker_thread, and end with it', async (t, startMethod) => {
  const host = new Worker(new URL('./fixtures/thread-host.js', import.meta.url), { workerData: { startMethod } })
  const answer = await new Promise((resolve, reject) => {
    host.once('message', resolve)
    host.once('error', reject)
  })
  t.is(answer, 42)
  t.true(descendants().length > 0)
  await host.terminate()
  await until(() => descendants().length === 0, 5_000, 'the processes of the pool are gone')
})

testEach('a program ends by itself once its tasks are done, without closing its pool', (t, startMethod) => {
  const host = fileURLToPath(new URL('./fixtures/careless-host.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [host, startMethod], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  t.is(status, 0, stderr)
  t.is(stdout, '42\n')
  return Promise.resolve()
})

testEach('Ctrl-C is for the host to deal with', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    await pool.ready
    await until(() => workerPids(pool).length === 2, 10_000, 'all workers are up')
    const before = workerPids(pool).sort()
    for (const { pid } of descendants()) process.kill(pid, 'SIGINT')
    await Promise.all([pool.run(), pool.run()])
    t.deepEqual(workerPids(pool).sort(), before)
  }),
)
