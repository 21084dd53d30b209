/** What a pool knows of itself: counts, times, and the table of workers. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { ExecutionContext } from 'ava'
import { Pool, type PoolStats, type TimeSummary } from 'hatchery'
import { Piscina } from 'hatchery/piscina'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Fixture from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const one = { filename, minWorkers: 1, maxWorkers: 1 } as const

/** The piscina-style names; the percentiles ascend. */
const PERCENTILES = [
  ['p0_001', 'p0_01', 'p0_1', 'p1', 'p2_5', 'p10', 'p25', 'p50', 'p75', 'p90', 'p95'],
  ['p97_5', 'p99', 'p99_9', 'p99_99', 'p99_999'],
].flat() as (keyof TimeSummary)[]

/** The worker that ended last records it a moment after the result is there. */
const counted = (pool: Pool, count: number) =>
  until(() => pool.histogram.runTime.count === count && pool.histogram.waitTime.count === count, 10_000, `${count} are`)

function isOrdered(t: ExecutionContext, summary: TimeSummary): void {
  const values = [summary.min, ...PERCENTILES.map((name) => summary[name]), summary.max]
  t.deepEqual(
    values,
    values.toSorted((left, right) => left - right),
  )
  t.is(summary.average, summary.mean)
  t.true(summary.mean >= summary.min && summary.mean <= summary.max)
}

testEach('run times are those that tasks measure themselves, computing and waiting', (t, startMethod) =>
  withPool({ ...one, startMethod }, async (pool) => {
    const { default: compute, wait, echo } = pool.tasks<typeof Fixture>()
    // Many quick ones first: then the clock is looked at seldom.
    await Promise.all(Array.from({ length: 5_000 }, (_, index) => echo(index)))
    await counted(pool, 5_000)
    for (const task of [compute, wait]) {
      pool.histogram.resetRunTime()
      const began = performance.now()
      const own = await Promise.all(Array.from({ length: 60 }, (_, index) => task(index % 3 === 0 ? 30 : 3)))
      const elapsed = performance.now() - began
      await until(() => pool.histogram.runTime.count === 60, 10_000, 'all are counted')
      const { runTime } = pool.histogram
      isOrdered(t, runTime)
      const sorted = own.toSorted((left, right) => left - right)
      // One after the other: what was counted beyond what they know of is little, or the machine's.
      const sum = runTime.mean * 60
      const least = own.reduce((total, time) => total + time)
      t.true(sum >= least * 0.97 && sum <= elapsed * 1.03, `${least} <= ${sum} <= ${elapsed}`)
      // Each is at least what it has measured, so each percentile is.
      const percentiles = [runTime.p25, runTime.p50, runTime.p75, runTime.p90]
      const measured = [sorted[14]!, sorted[29]!, sorted[44]!, sorted[53]!]
      t.true(
        percentiles.every((value, at) => value >= measured[at]! * 0.96),
        `${percentiles}, ${measured}`,
      )
      // On a loaded machine short ones may have become long.
      const apart = measured[1]! < measured[2]! / 3
      t.true(!apart || runTime.p50 < runTime.p75 / 2, `short ones and long ones: ${runTime.p50}, ${runTime.p75}`)
      t.true(runTime.max >= sorted.at(-1)! * 0.95)
    }
  }),
)

testOnce('a slow task among quick ones is seen as one, whatever the clock is looked at', (t) =>
  withPool({ ...one, startMethod: 'fork' }, async (pool) => {
    const { default: compute, echo, echoAsync } = pool.tasks<typeof Fixture>()
    for (const quick of [echo, echoAsync]) {
      await Promise.all(Array.from({ length: 5_000 }, (_, index) => quick(index)))
      await until(() => pool.stats().running === 0, 5_000, 'they are done')
      pool.histogram.resetRunTime()
      const tasks = Array.from({ length: 8_000 }, (_, index) => (index % 1000 === 500 ? compute(40) : quick(index)))
      await Promise.all(tasks)
      await until(() => pool.histogram.runTime.count >= 7_990, 10_000, 'all are counted')
      const { runTime } = pool.histogram
      t.true(runTime.p50 < 1, `the quick ones: ${runTime.p50}`)
      t.true(runTime.p99 < 35, `and most: ${runTime.p99}`)
      t.true(runTime.max >= 38, `the slow ones: ${runTime.max}`)
      t.true(runTime.p99_99 >= 35, `eight of 8000: ${runTime.p99_99}`)
    }
  }),
)

testOnce('waits are counted from the submission until a task begins', (t) =>
  withPool({ ...one, startMethod: 'fork' }, async (pool) => {
    using gate = new Gate()
    const { gate: hold, echo } = pool.tasks<typeof Fixture>()
    await echo(0)
    await counted(pool, 1)
    pool.histogram.resetWaitTime()
    const held = hold(gate.path)
    await gate.entered()
    const submitted = performance.now()
    // Some lie in the ring of the worker, the rest in the queue.
    const waiting = Promise.all(Array.from({ length: 2_000 }, (_, index) => echo(index)))
    await until(() => performance.now() - submitted > 150, 5_000, 'they have waited')
    gate.open()
    const least = performance.now() - submitted
    await Promise.all([held, waiting])
    const most = performance.now() - submitted
    await until(() => pool.histogram.waitTime.count === 2_001, 10_000, 'all are counted')
    const { waitTime } = pool.histogram
    isOrdered(t, waitTime)
    t.true(waitTime.p1 >= least * 0.9 - 5 && waitTime.max <= most * 1.05 + 5, `${waitTime.p1} to ${waitTime.max}`)
  }),
)

testOnce('overlapping tasks are timed each by itself', (t) =>
  withPool({ ...one, startMethod: 'fork', concurrency: 8 }, async (pool) => {
    const { wait, echo } = pool.tasks<typeof Fixture>()
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 5 === 0 ? echo(0) : wait(20))))
    await counted(pool, 40)
    const { runTime } = pool.histogram
    t.true(runTime.p25 >= 19, `${runTime.p25}`)
    t.true(runTime.p1 < 19, `${runTime.p1}`)
    t.true(pool.utilization > 0 && pool.utilization <= 1)
  }),
)

testOnce('every task is in one outcome, and lost workers count as restarts', (t) => {
  const logged: string[] = []
  const note = (level: string) => (_: object, message: string) => void logged.push(`${level}: ${message}`)
  const logger = { level: 'warn', debug: () => {}, info: () => {}, warn: note('warn'), error: note('error') }
  const options = { maxCrashes: 2, killGrace: 20, concurrency: 1, logger }
  return withPool({ ...one, startMethod: 'fork', ...options }, async (pool) => {
    const crashed: boolean[] = []
    pool.on('workerExited', (exit) => crashed.push(exit.crashed))
    const run = (name: string, options: object = {}) => rejection(pool.run(undefined, { name, ...options }))
    t.is(await pool.run(1, { name: 'echo' }), 1)
    await run('fail')
    await run('exit')
    await run('exit', { retries: 5 })
    await run('spin', { timeout: 50 })
    const controller = new AbortController()
    const cancelled = run('spin', { signal: controller.signal })
    const runs = ({ restarts, workers }: PoolStats) => restarts.overdue === 1 && workers[0]?.tasks.length === 1
    await until(() => runs(pool.stats()), 5_000, 'it runs, on another worker')
    controller.abort()
    await cancelled
    await until(() => pool.stats().restarts.overdue === 2, 10_000, 'the last one has gone')
    const stats = pool.stats()
    t.like(stats, { submitted: 6, completed: 1, failed: 1, lost: 1, quarantined: 1, timedOut: 1, cancelled: 1 })
    t.like(stats, { dropped: 0, retried: 1, pending: 0, aside: 0, starved: 0, created: 0, ringFull: 0 })
    t.deepEqual(stats.restarts, { exited: 3, overdue: 2 })
    t.true(Math.abs(stats.lastCompleted! - Date.now()) < 60_000)
    t.true(stats.startTimes.fork.count >= 5 && stats.startTimes.spawn.count === 0)
    const [worker] = stats.workers!
    if (worker) t.like(worker, { place: 0, restarts: 5, restartReasons: { exited: 3, overdue: 2 } })
    // What was killed has run until then.
    t.true(stats.runTime.max >= 45, `${stats.runTime.max}`)
    // It was the pool that has killed for a task: nobody is to be called for that.
    t.is(stats.workersCrashed, 3)
    await until(() => crashed.length === 5, 5_000, 'all are told of')
    t.deepEqual(crashed, [true, true, true, false, false])
    t.deepEqual(
      pool.crashes.map(({ code }) => code),
      Array.from({ length: 3 }, () => 'ERR_HATCHERY_WORKER_EXITED'),
    )
    const count = (start: string) => logged.filter((entry) => entry.startsWith(start)).length
    t.is(count('error: a worker left'), 3)
    t.is(count('warn: a worker was killed by SIGKILL: its task did not stop in time'), 2)
  })
})

testEach('the table of workers tells who they are and what they are in', (t, startMethod) =>
  withPool({ filename, minWorkers: 2, maxWorkers: 2, startMethod }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate', id: 'the held one', priority: 'high', timeout: 60_000 })
    await gate.entered()
    await until(() => pool.workers.filter(({ state }) => state === 'running').length === 2, 20_000, 'both are up')
    const busy = (stats: PoolStats) => stats.workers.find(({ tasks }) => tasks.length > 0)!
    const before = busy(pool.stats({ memory: true })).tasks[0]!
    t.like(before, { id: 'the held one', name: 'gate', attempt: 1, priority: 'high' })
    t.deepEqual(Object.keys(before).sort(), ['attempt', 'duration', 'id', 'name', 'priority'])
    await until(() => busy(pool.stats()).tasks[0]!.duration > before.duration + 10, 5_000, 'it goes on')
    await until(() => busy(pool.stats()).utilization > 0.5, 10_000, 'its time counts while it goes on')
    const stats = pool.stats({ memory: true })
    const { pid, rss, pss, cpu, age, laneMemory, leaving, utilization } = busy(stats)
    t.true(pid > 1 && rss! > pss! && pss! > 1e6 && cpu! > 0 && age > 0 && laneMemory > 0)
    t.true(!leaving && utilization >= 0 && utilization <= 1)
    t.is(pool.workers[0]!.pss, undefined, 'that takes the kernel long')
    t.is(new Set(stats.workers.map(({ place }) => place)).size, 2)
    gate.open()
    await held
    await until(() => pool.workers.every(({ tasks }) => tasks.length === 0), 5_000, 'it has ended')
    const other = await pool.run(1, { filename: fileURLToPath(filename), name: 'echo' })
    t.is(other, 1)
  }),
)

testOnce('an attached pool sees the same, but no ids of others', (t) =>
  withPool({ ...one, startMethod: 'fork' }, async (pool) => {
    using gate = new Gate()
    const guest = Pool.attach(pool.handle())
    const held = pool.run(gate.path, { name: 'gate', id: 'mine' })
    await gate.entered()
    t.is(pool.workers[0]!.tasks[0]!.id, 'mine')
    t.deepEqual(
      { ...guest.workers[0]!.tasks[0]!, duration: 0 },
      { name: 'gate', attempt: 1, priority: 'normal', duration: 0 },
    )
    gate.open()
    await held
    t.is(await guest.run(1, { name: 'echo' }), 1)
    await counted(pool, 2)
    t.deepEqual(guest.histogram.runTime, pool.histogram.runTime)
    guest.histogram.resetRunTime()
    t.is(pool.histogram.runTime.count, 0)
    t.is(pool.histogram.waitTime.count, 2)
    await guest.close()
  }),
)

testOnce('recordTiming: false records nothing, and the rest is there', async (t) => {
  await withPool({ ...one, startMethod: 'fork', recordTiming: false }, async (pool) => {
    for (let count = 0; count < 20; count++) await pool.run(count, { name: 'echo' })
    const stats = pool.stats()
    t.like(stats, { recordTiming: false, completed: 20, utilization: 0 })
    t.is(stats.runTime.count + stats.waitTime.count + stats.waitTime.max, 0)
    t.is(pool.utilization, 0)
    pool.histogram.resetRunTime()
  })
  const error = t.throws(() => new Pool({ recordTiming: 1 as never }))
  t.is((error as { code?: string }).code, 'ERR_HATCHERY_INVALID_OPTION')
})

testOnce('piscina’s names, and looks at a pool that is closed', async (t) => {
  const pool = new Piscina({ filename: filename.href, minThreads: 1, maxThreads: 1 })
  for (let count = 0; count < 10; count++) await pool.run(3)
  await counted(pool, 10)
  t.deepEqual(pool.runTime, pool.histogram.runTime)
  t.deepEqual(pool.waitTime, pool.histogram.waitTime)
  t.true(pool.runTime.mean >= 3 && pool.runTime.stddev >= 0)
  t.true(pool.utilization > 0 && pool.utilization < 1)
  t.throws(() => pool.stats({ memroy: true } as object), { message: /memroy/ })
  const { window, waitTime } = pool.histogram.recent!
  t.is(waitTime.count, 10)
  t.true(window > 0 && window <= pool.duration)
  await pool.close()
  t.is(pool.histogram.recent, undefined)
  const last = pool.stats()
  t.like(last, {
    pending: 0,
    completed: 10,
    rejected: 0,
    submitted: 10,
    workers: [],
    restarts: {},
    startMethod: 'fork',
  })
  t.is(last.runTime.count, 10)
  t.deepEqual(pool.runTime, last.runTime)
  t.deepEqual(JSON.parse(JSON.stringify(pool.histogram)).waitTime, last.waitTime)
  const guide = readFileSync('docs/guide/statistics.md', 'utf8')
  const unexplained = Object.keys(last).filter((key) => !guide.includes(`\`${key}\``))
  t.deepEqual(unexplained, ['workers'], 'which is a chapter of its own')
  t.regex(inspect(pool.histogram), /^PoolHistogram \{\s+waitTime: \{\s+count: 10,[\s\S]+runTime: \{[\s\S]+p99_9: /)
})
