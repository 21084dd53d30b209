/** The zygote dies: its workers go on, and another one is started. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Pool, type PoolWarning } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { descendants, isAlive, type ProcessInfo, processInfo } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Faults from './fixtures/faults.js'

watchForLeaks()

const filename = new URL('./fixtures/faults.js', import.meta.url)
const forked = { filename, startMethod: 'fork', stdio: 'ignore' } as const

async function allUp(pool: Pool, count: number): Promise<number[]> {
  await until(() => workerPids(pool).length === count, 20_000, `${count} workers are up`)
  return workerPids(pool)
}

/** The process that a worker was forked from, while that lives. */
function zygoteOf(worker: number): number {
  const { parent = 0 } = processInfo(worker) ?? {}
  if (parent <= 1) throw new Error(`worker ${worker} has lost its zygote`)
  return parent
}

async function kill(zygote: number): Promise<void> {
  process.kill(zygote, 'SIGKILL')
  await until(() => !isAlive(zygote), 5_000, 'the zygote is dead')
}

testOnce('workers go on, tasks are not touched, and what is lost later comes from another zygote', async (t) => {
  using gate = new Gate()
  const warnings: PoolWarning[] = []
  await withPool({ ...forked, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    pool.on('warning', (warning) => warnings.push(warning))
    const tasks = pool.tasks<typeof Faults>()
    const before = await allUp(pool, 2)
    const held = tasks.gate(gate.path)
    await gate.entered()
    const queued = Array.from({ length: 200 }, (_, index) => tasks.echoLater(index))
    await kill(zygoteOf(before[0]!))
    t.deepEqual(
      await Promise.all(queued),
      queued.map((_, index) => index),
    )
    gate.open()
    t.true(before.includes(await held))
    await until(() => pool.stats().zygoteRestarts === 1, 10_000, 'another one is started')
    t.deepEqual(workerPids(pool).sort(), before.sort(), 'the workers are the same')
    t.deepEqual(
      warnings.map(({ type }) => type),
      ['zygote'],
    )
    t.regex(warnings[0]!.message, /zygote was killed by SIGKILL/)

    // Nobody can tell how this one ends.
    const error = await rejection(tasks.kill('SIGKILL'))
    t.is(error.code, 'ERR_HATCHERY_WORKER_ENDED')
    t.is(error.signal, undefined)
    t.is(error.exitCode, undefined)
    const now = await allUp(pool, 2)
    const fresh = now.filter((pid) => !before.includes(pid))
    t.is(fresh.length, 1)
    t.not(zygoteOf(fresh[0]!), process.pid)
    // What it says itself is heard all the same.
    const orphan = now.find((pid) => before.includes(pid))!
    const rejected = (await Promise.all([rejection(tasks.abort()), rejection(tasks.abort())])).map(({ code }) => code)
    t.deepEqual(rejected, ['ERR_HATCHERY_WORKER_ABORTED', 'ERR_HATCHERY_WORKER_ABORTED'])
    await until(() => !isAlive(orphan), 5_000, 'the orphan is gone')
    t.is(await tasks.default(1), 1)
  })
})

testOnce('a zygote that dies with forks under way: they are asked for again', async (t) => {
  for (let round = 0; round < 6; round++) {
    await withPool({ ...forked, minWorkers: 1, maxWorkers: 8 }, async (pool) => {
      pool.on('warning', () => {})
      const [first] = await allUp(pool, 1)
      const zygote = zygoteOf(first!)
      // More workers are asked for now; at another moment each time the zygote is gone.
      const results = Array.from({ length: 100 }, (_, index) => pool.run(index, { name: 'echoLater' }))
      for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
      await kill(zygote)
      t.deepEqual(
        await Promise.all(results),
        results.map((_, index) => index),
      )
    })
  }
})

testOnce('zygotes that die again and again: the pool gives up, with the reason', async (t) => {
  using gate = new Gate()
  const pool = new Pool({ ...forked, minWorkers: 1, maxWorkers: 1 })
  t.teardown(() => pool.destroy())
  pool.on('warning', () => {})
  const errors: unknown[] = []
  pool.on('error', (error) => errors.push(error))
  const [worker] = await allUp(pool, 1)
  const held = rejection(pool.run(gate.path, { name: 'gate' }))
  await gate.entered()
  let zygote = zygoteOf(worker!)
  for (let round = 0; round < 5; round++) {
    await kill(zygote)
    // Not a fork of its own, by which it tries itself.
    const isNext = ({ pid, parent, state }: ProcessInfo) => parent === process.pid && pid !== zygote && state !== 'Z'
    zygote = (await until(() => descendants().find(isNext)?.pid, 10_000, 'another one is started'))!
  }
  t.true(isAlive(worker!), 'the worker goes on')
  await kill(zygote)
  const error = await held
  t.is(error.code, 'ERR_HATCHERY_WORKER_START_FAILED')
  t.regex(error.message, /the zygote was killed by SIGKILL; 5 others were started within 60 s/)
  await pool.close()
  t.deepEqual(errors, [error])
})

testOnce('a zygote that does not answer is replaced as well', async (t) => {
  await withPool({ ...forked, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    pool.on('warning', () => {})
    const [worker] = await allUp(pool, 1)
    const zygote = zygoteOf(worker!)
    process.kill(zygote, 'SIGSTOP')
    process.kill(worker!, 'SIGKILL')
    t.is(await pool.run(1), 1)
    t.false(isAlive(zygote))
    t.is(pool.stats().zygoteRestarts, 1)
  })
})

const script = fileURLToPath(new URL('./fixtures/host.js', import.meta.url))

testOnce(
  'a host that is killed takes workers in endless loops along, also those that have lost their zygote',
  async (t) => {
    for (const stopped of [false, true]) {
      const host = spawn(process.execPath, [script, 'busy', 'fork'], { stdio: ['pipe', 'pipe', 'ignore'] })
      await once(host.stdout!, 'data')
      const family = descendants(host.pid)
      const zygote = family.find(({ parent }) => parent === host.pid)!.pid
      if (stopped) process.kill(zygote, 'SIGSTOP')
      else await kill(zygote)
      const workers = family.map(({ pid }) => pid).filter((pid) => pid !== zygote)
      t.is(workers.filter(isAlive).length, 3)
      const end = once(host, 'exit')
      host.kill('SIGKILL')
      await end
      await until(() => family.every(({ pid }) => !isAlive(pid)), 5_000, 'all are gone').catch(() => {})
      t.deepEqual(
        family.map(({ pid }) => processInfo(pid)).filter((info) => info !== undefined && info.state !== 'Z'),
        [],
      )
    }
  },
)
