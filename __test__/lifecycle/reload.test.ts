/** Other code for a running pool: nothing is lost, nobody waits, and what is no good changes nothing. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { loadNative } from '../helpers/internal.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool, workerPids } from '../helpers/pool.js'
import { descendants, isAlive, processInfo } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type { Seen } from './fixtures/version.js'

watchForLeaks()

const fixture = (name: string) => new URL(`./fixtures/${name}.js`, import.meta.url)
const filename = fixture('version')

async function allUp(pool: Pool, count: number): Promise<number[]> {
  await until(() => workerPids(pool).length === count, 20_000, `${count} workers are up`)
  return workerPids(pool)
}

testEach(
  'a reload under load: no task is lost, there are never fewer workers, and all are new in the end',
  async (t, startMethod) => {
    const options = { filename, startMethod, minWorkers: 3, maxWorkers: 3, workerData: 1 }
    await withPool(options, async (pool) => {
      const before = await allUp(pool, 3)
      let least = 3
      let exits = 0
      pool.on('workerExited', ({ crashed }) => {
        t.false(crashed)
        exits++
        least = Math.min(least, workerPids(pool).length)
      })
      const reloads: number[] = []
      pool.on('reload', ({ generation }) => reloads.push(generation))
      t.is(pool.stats().generation, 1)
      let over = false
      let tasks = 0
      const versions: unknown[] = []
      const feed = async () => {
        while (!over) {
          const { data } = (await pool.run(1)) as Seen
          versions.push(data)
          tasks++
        }
      }
      const feeding = Promise.all(Array.from({ length: 12 }, feed))
      await until(() => tasks > 20, 10_000, 'tasks run')
      await pool.reload({ workerData: 2 })
      t.is(exits, 3, 'settled once the last old one has left')
      const after = versions.length
      await until(() => versions.length > after + 50, 10_000, 'tasks run on')
      over = true
      await feeding
      t.deepEqual([...new Set(versions)], [1, 2], 'first the old, then the new')
      t.deepEqual([...new Set(versions.slice(after + 12))], [2])
      t.true(least >= 3, `at least ${least}`)
      t.deepEqual(before.filter(isAlive), [])
      t.is(workerPids(pool).length, 3)
      await until(() => reloads.length > 0, 5_000, 'the event is there')
      t.deepEqual(reloads, [2])
      const { generation, workers = [], workersCrashed, failed, lost } = pool.stats()
      t.like({ generation, workersCrashed, failed, lost }, { generation: 2, workersCrashed: 0, failed: 0, lost: 0 })
      t.deepEqual([...new Set(workers.map((worker) => worker.generation))], [2])
      t.is(pool.options.workerData, 2)
      await until(() => descendants().length === (startMethod === 'fork' ? 4 : 3), 10_000, 'the old zygote is gone')
    })
  },
)

testOnce('places and spares are inherited', async (t) => {
  const [first = 0, second = first] = loadNative().allowedProcessors()
  const affinity = [[first], [second]]
  const options = { filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, spares: 1, affinity } as const
  await withPool(options, async (pool) => {
    const old = await allUp(pool, 3)
    await pool.reload()
    await allUp(pool, 3)
    t.deepEqual(old.filter(isAlive), [])
    const places = pool.workers.filter(({ spare }) => !spare).map(({ pid }) => processors(pid))
    t.deepEqual(places.sort(), [String(first), String(second)].sort())
    t.is(pool.workers.filter(({ spare }) => spare).length, 1)
  })
})

/** Those that a process may use, as the kernel writes it. */
function processors(pid: number): string {
  return /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '?'
}

testEach('what can change: module, environment, workerData; what is left out stays', async (t, startMethod) => {
  const options = { filename, startMethod, maxWorkers: 1, workerData: 'a', env: { ...process.env, VERSION: '1' } }
  await withPool(options, async (pool) => {
    const run = async () => {
      const { data, env, module } = (await pool.run()) as Seen
      return `${data} ${env} ${module}`
    }
    t.is(await run(), 'a 1 version')
    await pool.reload()
    t.is(await run(), 'a 1 version')
    await pool.reload({ env: { ...process.env, VERSION: '2' } })
    t.is(await run(), 'a 2 version')
    await pool.reload({ filename: fixture('other-version') })
    t.is(await run(), 'undefined undefined other', 'the same function of the new module')
    t.is(pool.options.filename, fixture('other-version').href)
    const { data } = await pool.run(0, { filename })
    t.is(data, 'a', 'a module that is named is that one')
    t.is(pool.stats().generation, 4)
  })
})

testEach('a task that has begun ends on the old worker; the pool serves meanwhile', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, workerData: 1 }, async (pool) => {
    const [old] = await allUp(pool, 1)
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    // Behind the long one.
    const queued = pool.run(0)
    let done = false
    const reloading = pool.reload({ workerData: 2 }).then(() => {
      done = true
    })
    t.is(((await queued) as Seen).data, 2)
    t.is(((await pool.run(0)) as Seen).data, 2)
    t.false(done)
    gate.open()
    t.is(await held, old)
    await reloading
  })
})

testOnce('what a reload and a resize in the middle of it change does not cost the other its options', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    await pool.ready
    const reloading = pool.reload({ workerData: 2 })
    await Promise.all([pool.resize({ min: 1, max: 3 }), reloading])
    const { minWorkers, maxWorkers, maxThreads, workerData } = pool.options
    t.deepEqual([minWorkers, maxWorkers, maxThreads, workerData], [1, 3, 3, 2])
    t.true(Object.isFrozen(pool.options))
  }),
)

testOnce('an option that is undefined is as one left out, and options that are none are refused', (t) =>
  withPool({ filename, startMethod: 'fork', maxWorkers: 1, workerData: 'a' }, async (pool) => {
    await pool.reload({ filename: undefined, workerData: undefined, stdio: undefined })
    t.is(((await pool.run(0)) as Seen).data, 'a')
    t.is(pool.options.filename, filename.href)
    const none = null as unknown as object
    for (const refused of [pool.reload(none), pool.close(none), pool.run(0, none)])
      t.is((await rejection(refused)).code, 'ERR_HATCHERY_INVALID_OPTION')
    t.is(thrownBy(() => pool.alloc(8, none)).code, 'ERR_HATCHERY_INVALID_OPTION')
    t.is(((await pool.run(0)) as Seen).data, 'a', 'nothing else was disturbed')
  }),
)

for (const [title, change, code, message] of [
  ['a worker file that throws', { filename: fixture('fails') }, 'ERR_HATCHERY_WORKER_MODULE_FAILED', /out of cheese/],
  [
    'a worker file that throws, loaded by each worker',
    { filename: fixture('fails'), shareFilename: false },
    'ERR_HATCHERY_WORKER_MODULE_FAILED',
    /out of cheese/,
  ],
  ['a module that throws', { preload: [fixture('fails')] }, 'ERR_HATCHERY_PRELOAD_FAILED', /out of cheese/],
  ['workers that cannot start', { preload: [fixture('fork-fails')] }, 'ERR_HATCHERY_WORKER_START_FAILED', /no cheese/],
] as const) {
  testEach(`${title}: the reload rejects, and everything is as before`, async (t, startMethod) => {
    // Nor does what did not start count as a restart.
    const options = { filename, startMethod, minWorkers: 2, maxWorkers: 2, maxRestarts: 0, workerData: 1 }
    await withPool(options, async (pool) => {
      const before = (await allUp(pool, 2)).sort()
      const error = await rejection(pool.reload({ ...change, workerData: 2 }))
      t.is(error.code, code)
      t.regex(error.message, message)
      t.deepEqual((await allUp(pool, 2)).sort(), before)
      t.is(((await pool.run(0)) as Seen).data, 1)
      t.is(pool.stats().generation, 1)
      t.is(pool.options.workerData, 1)
      // Another try is another reload.
      await pool.reload({ workerData: 3 })
      t.is(((await pool.run(0)) as Seen).data, 3)
    })
  })
}

testOnce('one reload at a time; none of a pool that is closing; one that is cut off by the close', async (t) => {
  const pool = new Pool({ filename, startMethod: 'fork', maxWorkers: 1 })
  t.teardown(() => pool.destroy())
  await pool.ready
  const first = pool.reload()
  t.is((await rejection(pool.reload())).code, 'ERR_HATCHERY_RELOAD_IN_PROGRESS')
  t.is((await rejection(pool.reload({ nonsense: 1 } as object))).code, 'ERR_HATCHERY_INVALID_OPTION')
  t.is((await rejection(pool.reload({ filename: './nowhere.js' }))).code, 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND')
  const guest = Pool.attach(pool.handle())
  t.is((await rejection(guest.reload())).code, 'ERR_HATCHERY_INVALID_OPTION')
  await guest.close()
  await first
  const second = rejection(pool.reload())
  const closing = pool.close()
  t.is((await second).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.is((await rejection(pool.reload())).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.deepEqual(await closing, { cancelled: 0 })
})

testOnce('crashes in the middle of a reload', async (t) => {
  await withPool({ filename, startMethod: 'fork', minWorkers: 4, maxWorkers: 4, workerData: 1 }, async (pool) => {
    pool.on('warning', () => {})
    const old = await allUp(pool, 4)
    const zygote = processInfo(old[0]!)!.parent
    let over = false
    const feed = async () => {
      const errors: unknown[] = []
      while (!over) await pool.run(1, { retries: 9 }).catch((error) => errors.push(error))
      return errors
    }
    const feeding = Promise.all(Array.from({ length: 8 }, feed))
    const reloading = pool.reload({ workerData: 2 })
    process.kill(zygote, 'SIGKILL')
    process.kill(old[3]!, 'SIGKILL')
    // Each new worker as it comes, for a while.
    const killed = new Set<number>(old)
    for (let round = 0; round < 3; round++) {
      const fresh = () => pool.workers.find(({ pid, generation }) => generation === 2 && pid !== 0 && !killed.has(pid))
      const { pid, state } = (await until(fresh, 10_000, 'a new worker is there'))!
      killed.add(pid)
      if (round > 0 && state === 'running') process.kill(pid, 'SIGKILL')
    }
    await reloading
    over = true
    t.deepEqual((await feeding).flat(), [])
    await allUp(pool, 4)
    t.true(pool.workers.every(({ generation }) => generation === 2))
    t.is(((await pool.run(0)) as Seen).data, 2)
  })
})

testOnce('a new worker that is not ready yet takes the place of no other, however idle', (t) => {
  const options = { filename, startMethod: 'spawn', minWorkers: 2, maxWorkers: 2, idleTimeout: 1 } as const
  return withPool(options, async (pool) => {
    await until(() => running(pool) === 2, 10_000, 'both are ready')
    const left: number[] = []
    pool.on('workerExited', () => left.push(running(pool)))
    await pool.reload()
    t.deepEqual(left, [2, 2])
    t.is(pool.workers.length, 2)
  })
})

function running(pool: Pool): number {
  return pool.workers.filter(({ state }) => state === 'running').length
}
