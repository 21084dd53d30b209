/** What a fork leaves stale or shared is made good in each worker. */
import test from 'ava'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as LateCrypto from './fixtures/late-crypto.js'
import type * as Mend from './fixtures/mend.js'

watchForLeaks()

const filename = new URL('./fixtures/mend.js', import.meta.url)
const WORKERS = 4

testEach('process.pid is that of the worker, and no two workers draw the same', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: WORKERS, maxWorkers: WORKERS }, async (pool) => {
    await until(() => workerPids(pool).length === WORKERS, 10_000, 'all workers are up')
    const tasks = pool.tasks<typeof Mend>()
    const draws = await Promise.all(Array.from({ length: WORKERS * 3 }, () => tasks.draw(60)))
    for (const { pid, importedPid, kernelPid } of draws) {
      t.is(pid, kernelPid)
      t.is(importedPid, kernelPid)
    }
    t.is(new Set(draws.map(({ pid }) => pid)).size, WORKERS, 'every worker had a share')
    for (const source of Object.keys(draws[0]!.values)) {
      const drawn = draws.map(({ values }) => values[source])
      t.is(new Set(drawn).size, draws.length, `${source} repeats itself among workers: ${drawn.join('\n')}`)
    }
    if (startMethod === 'fork') {
      t.is(new Set(draws.map(({ inZygote }) => inZygote.pid)).size, 1, 'the module was loaded once, in the zygote')
      t.false(draws.some(({ pid, inZygote }) => pid === inZygote.pid))
    }
  }),
)

test('what is drawn from is loaded in the workers alone: no two draw the same', (t) => {
  const late = new URL('./fixtures/late-crypto.js', import.meta.url)
  return withPool({ filename: late, startMethod: 'fork', minWorkers: WORKERS, maxWorkers: WORKERS }, async (pool) => {
    await until(() => workerPids(pool).length === WORKERS, 10_000, 'all workers are up')
    const tasks = pool.tasks<typeof LateCrypto>()
    const draws = (await Promise.all(Array.from({ length: WORKERS * 3 }, () => tasks.draw(60)))).flat()
    t.is(new Set(draws).size, draws.length, draws.join('\n'))
  })
})

testEach('Math.random is uniform and looks like the built-in', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Mend>()
    const count = 200_000
    const { mean, bins, least, most } = await tasks.distribution(count)
    t.true(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`)
    for (const bin of bins) t.true(Math.abs(bin - count / 10) < count / 100, `bins ${bins.join(' ')}`)
    t.true(least >= 0 && least < 0.001)
    t.true(most < 1 && most > 0.999)
    const { name, length } = Math.random
    t.deepEqual(await tasks.shape(), { name, length, keys: [], hasPrototype: false })
  }),
)
