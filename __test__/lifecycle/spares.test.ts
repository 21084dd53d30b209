/** Workers that wait to take the place of one that dies. */
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
