/** Workers that have come to a limit are replaced: no task is lost or interrupted, and there are never too few. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Pool, RecycleInfo } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Limits from './fixtures/limits.js'

watchForLeaks()

const filename = new URL('./fixtures/limits.js', import.meta.url)
const MIB = 1 << 20

function recycled(pool: Pool): RecycleInfo[] {
  const seen: RecycleInfo[] = []
  pool.on('recycle', (worker) => seen.push(worker))
  return seen
}

/** Workers that run and have not been told to leave. */
const serving = (pool: Pool, gone: readonly RecycleInfo[]) =>
  pool.workers.filter(({ id, state }) => state === 'running' && !gone.some(({ workerId }) => workerId === id))

testEach('maxTasks: none runs more, nothing is lost, and there are never too few', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, maxTasks: 25 }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    const seen = recycled(pool)
    let least = Infinity
    const exits: unknown[] = []
    pool.on('workerExited', ({ crashed, exitCode }) => {
      exits.push([crashed, exitCode])
      least = Math.min(least, serving(pool, seen).length)
    })
    await until(() => serving(pool, seen).length === 2, 20_000, 'both workers are up')
    const count = startMethod === 'fork' ? 500 : 150
    const ran = new Map<number, number>()
    for (const pid of await Promise.all(Array.from({ length: count }, () => tasks.pid()))) {
      ran.set(pid, (ran.get(pid) ?? 0) + 1)
    }
    t.true(Math.max(...ran.values()) <= 25, `${[...ran.values()]}`)
    t.is(
      [...ran.values()].reduce((sum, tasks) => sum + tasks),
      count,
    )
    await until(() => exits.length >= Math.floor(count / 25) - 2, 20_000, 'those that have done enough are gone')
    t.true(exits.every((exit) => String(exit) === 'false,0'))
    t.true(least >= 2, `${least} workers were left`)
    t.true(seen.every(({ reason, age }) => reason === 'maxTasks' && age > 0))
    // Not all: one that is held up has its tasks taken away, and finds nothing more to do.
    t.true(seen.filter(({ completed }) => completed >= 22).length * 2 > seen.length)
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testOnce('a burst of tasks, each with a worker of its own, leaves no crowd of those that are done', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, maxTasks: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    let most = 0
    pool.on('workerStarted', () => {
      most = Math.max(most, pool.workers.length)
    })
    const pids = await Promise.all(Array.from({ length: 60 }, () => tasks.pid()))
    t.is(new Set(pids).size, 60)
    // Two that serve, two that are to take their place, and those that are just leaving.
    t.true(most < 30, `${most} workers at a time`)
  }),
)

testOnce('a task that runs is left alone, and what lies behind it goes to the replacement', async (t) => {
  using gate = new Gate()
  const options = { filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1 } as const
  await withPool({ ...options, maxTasks: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    const seen = recycled(pool)
    const first = await tasks.pid()
    const held = tasks.gate(gate.path)
    await gate.entered()
    const second = await Promise.all([tasks.pid(), tasks.pid()])
    t.false(second.includes(first), 'others run while it is held')
    gate.open()
    t.is(await held, first)
    await until(() => seen.some(({ pid }) => pid === first), 10_000, 'its worker is sent away')
    t.is(pool.stats().workersCrashed, 0)
  })
})

testOnce('maxAge: idle workers are replaced too, and a spare is there at once', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, spares: 1, maxAge: 300 }, async (pool) => {
    const seen = recycled(pool)
    await until(() => seen.length >= 3, 20_000, 'three have been replaced')
    t.true(seen.every(({ reason, completed }) => reason === 'maxAge' && completed === 0))
    t.true(seen.every(({ age }) => age >= 300 * 0.9))
    t.is(new Set(seen.map(({ pid }) => pid)).size, seen.length)
    t.is(await pool.run(7), 7)
  }),
)

testEach('maxRss: one that has grown too large is replaced', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, maxRss: 150 * MIB }, async (pool) => {
    const tasks = pool.tasks<typeof Limits>()
    const seen = recycled(pool)
    const first = await tasks.grow(200)
    await until(() => seen.length === 1, 20_000, 'it is replaced')
    t.like(seen[0], { reason: 'maxRss', pid: first, completed: 1 })
    t.true(seen[0]!.rss! > 200 * MIB)
    t.not(await tasks.pid(), first)
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testOnce('maxRss: what a worker shares with the zygote does not count', (t) =>
  withPool(
    {
      filename,
      startMethod: 'fork',
      minWorkers: 1,
      maxWorkers: 1,
      maxRss: { soft: 120 * MIB, hard: 130 * MIB },
      preload: [new URL('./fixtures/large.js', import.meta.url)],
    },
    async (pool) => {
      const tasks = pool.tasks<typeof Limits>()
      const seen = recycled(pool)
      await tasks.grow(1)
      await until(() => pool.workers[0]?.rss !== undefined, 20_000, 'it has been looked at')
      t.true(pool.workers[0]!.rss! < 120 * MIB, `${pool.workers[0]!.rss}`)
      t.is(await tasks.default(1), 1)
      t.deepEqual(seen, [])
    },
  ),
)

/** Timers of this process that are set: `it_value` is the time left. */
function armedTimers(): string[] {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      if (!readlinkSync(`/proc/self/fd/${descriptor}`).includes('timerfd')) return false
      return !readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8').includes('it_value: (0, 0)')
    } catch {
      return false
    }
  })
}

testOnce('an idle pool has no timer', (t) =>
  withPool(
    { filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, maxRss: { hard: 500 * MIB }, maxTasks: 100 },
    async (pool) => {
      t.is(await pool.run(1), 1)
      await until(() => armedTimers().length === 0, 20_000, 'no timer is set')
      t.is(await pool.run(2), 2)
    },
  ),
)

testOnce('on request: one worker, when it has ended what it has begun; a task tells how far it is', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    using gate = new Gate()
    const running = pool.run(gate.path, { name: 'gate', id: 'g' })
    await gate.entered()
    t.is(pool.stateOf('g'), 'running')
    const [{ id }] = pool.workers as unknown as [{ id: number }]
    t.is(pool.recycle(id + 100), 0)
    t.is(pool.recycle(id), 1)
    t.is(pool.recycle(id), 1, 'asking again changes nothing')
    const reasons: string[] = []
    pool.on('recycle', ({ reason, workerId }) => reasons.push(`${reason} ${workerId}`))
    gate.open()
    await running
    t.is(pool.stateOf('g'), undefined)
    await until(() => pool.workers.length === 1 && pool.workers[0]!.id !== id, 10_000, 'another one has its place')
    t.deepEqual(reasons, [`request ${id}`])
    t.is(thrownBy(() => pool.recycle(0)).code, 'ERR_HATCHERY_INVALID_OPTION')
  }),
)
