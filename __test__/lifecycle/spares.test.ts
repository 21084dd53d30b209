/** Workers that wait to take the place of one that dies. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Pool } from 'hatchery'
import type * as Faults from '../faults/fixtures/faults.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('../faults/fixtures/faults.js', import.meta.url)

const spares = (pool: Pool) =>
  (pool.stats().workers ?? []).filter((worker) => worker.spare && worker.state === 'running')

const busy = (pool: Pool) => (pool.stats().workers ?? []).filter((worker) => !worker.spare)

testEach('a spare takes the place of a worker that dies, and is replaced itself', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, spares: 2, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    await until(() => spares(pool).length === 2, 10_000, 'both spares are up')
    const waiting = new Set(spares(pool).map(({ pid }) => pid))
    const first = await tasks.pid()
    t.false(waiting.has(first), 'spares take no tasks')
    t.is((await rejection(tasks.exit(3))).code, 'ERR_HATCHERY_WORKER_EXITED')
    t.true(waiting.has(await tasks.pid()))
    await until(() => spares(pool).length === 2, 10_000, 'there are two spares again')
    t.is(busy(pool).length, 1)
    for (let round = 0; round < 5; round++) {
      t.is((await rejection(tasks.kill('SIGKILL'))).code, 'ERR_HATCHERY_WORKER_SIGNALLED')
      t.is(await tasks.default(round), round)
    }
  }),
)

testEach('a spare is one more worker under load, never beyond maxWorkers', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 2, spares: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    await until(() => spares(pool).length === 1, 10_000, 'the spare is up')
    const spare = spares(pool)[0]!.pid
    const pids = await Promise.all(
      Array.from({ length: 200 }, async () => [await tasks.echoLater(1), await tasks.pid()]),
    )
    await until(() => spares(pool).length === 1, 10_000, 'there is a spare again')
    t.is(busy(pool).length, 2)
    t.true(busy(pool).some(({ pid }) => pid === spare))
    t.true(new Set(pids.map(([, pid]) => pid)).size <= 2)
  }),
)

testEach('spares that are killed are replaced', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, spares: 1 }, async (pool) => {
    await until(() => spares(pool).length === 1, 10_000, 'the spare is up')
    const { pid } = spares(pool)[0]!
    process.kill(pid, 'SIGKILL')
    await until(() => spares(pool).some((worker) => worker.pid !== pid), 10_000, 'another spare is up')
    t.is(await pool.run(7), 7)
  }),
)

testOnce('spares is checked', (t) => {
  for (const value of [-1, 65, 1.5, '1']) {
    t.throws(() => new Pool({ filename, spares: value as number }), { code: 'ERR_HATCHERY_INVALID_OPTION' })
  }
})

testOnce('a spare has rehearsed: its first task touches far less for the first time, and no rehearsal counts', (t) =>
  withPool({ filename, minWorkers: 1, maxWorkers: 1, spares: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const running = () => busy(pool).find(({ state }) => state === 'running')
    const pid = async () => (await until(running, 10_000, 'a worker is up'))!.pid
    const first = await firstTask(await pid(), () => tasks.default(1))
    await until(() => spares(pool).length === 1, 10_000, 'the spare is up')
    // The functions that are known by now are told along.
    await rejection(tasks.kill('SIGKILL'))
    await until(() => spares(pool).length === 1, 10_000, 'there is a spare again')
    const { pid: spare } = spares(pool)[0]!
    await settled(spare)
    await rejection(tasks.kill('SIGKILL'))
    t.is(await pid(), spare)
    const replaced = await firstTask(spare, () => tasks.default(2))
    t.true(replaced < first / 2, `${replaced} page faults, where a fork that has not rehearsed has ${first}`)
    t.is(pool.stats().completed, 2)
    // Recorded by the worker when it has told of its result. Deaths count.
    await until(
      () => pool.stats().runTime.count === 4,
      10_000,
      'the times of all four tasks are recorded, and no other',
    )
  }),
)

/** Page faults of a process by which it got memory that was there. */
function faults(pid: number): number {
  // Behind the name, which may hold anything.
  return Number(
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')[7],
  )
}

/** The process has nothing to do any more. */
async function settled(pid: number): Promise<void> {
  let before = -1
  let looks = 0
  await until(
    () => {
      const now = faults(pid)
      looks = now === before ? looks + 1 : 0
      before = now
      return looks === 8
    },
    10_000,
    'it sleeps',
  )
}

/** Page faults of one task, the process sleeping before it. */
async function firstTask(pid: number, run: () => Promise<unknown>): Promise<number> {
  await settled(pid)
  const before = faults(pid)
  await run()
  return faults(pid) - before
}
