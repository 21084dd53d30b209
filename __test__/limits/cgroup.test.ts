/** A control group for each worker, where this machine lets us make some; elsewhere the tests say that they are skipped. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import process from 'node:process'
import type { ExecutionContext } from 'ava'
import { Pool, type PoolOptions } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Limits from './fixtures/limits.js'

watchForLeaks()

const filename = new URL('./fixtures/limits.js', import.meta.url)
const MIB = 1 << 20

/** Where version 2 is mounted. */
function mountPoint(): string | undefined {
  return /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/mounts', 'utf8'))?.[1]
}

/** A group of our own, gone afterwards. */
async function withGroup(t: ExecutionContext, body: (path: string) => Promise<void>): Promise<void> {
  const path = `${mountPoint()}/hatchery-test-${process.pid}`
  try {
    mkdirSync(path)
  } catch (error) {
    t.log(`skipped: ${(error as Error).message}`)
    t.pass()
    return
  }
  try {
    await body(path)
  } finally {
    rmdirSync(path)
  }
}

const leaves = (path: string) => readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())

testEach(
  'each worker is in a group of its own, which goes with it and takes along what it has started',
  (t, startMethod) =>
    withGroup(t, async (path) => {
      const options: PoolOptions = { filename, startMethod, minWorkers: 2, maxWorkers: 2, cgroup: { path } }
      const left = await withPool(options, async (pool) => {
        const tasks = pool.tasks<typeof Limits>()
        await until(() => leaves(path).length === 2, 20_000, 'there are two groups')
        const own = /^0::(.*)$/m.exec(await tasks.group())![1]!
        t.true(
          leaves(path).some(({ name }) => own.endsWith(`/${name}`)),
          own,
        )
        await rejection(pool.run(undefined, { name: 'spin', timeout: 50 }))
        await until(
          () => pool.workers.filter(({ state }) => state === 'running').length === 2,
          20_000,
          'it is replaced',
        )
        await until(() => leaves(path).length === 2, 20_000, 'there are two groups again')
        return tasks.leaveBehind()
      })
      t.deepEqual(leaves(path), [])
      t.false(isAlive(left!))
    }),
)

testOnce('cgroup.memoryMax: the kernel kills the worker alone; without the controller it is said', (t) =>
  withGroup(t, async (path) => {
    const options: PoolOptions = {
      filename,
      startMethod: 'fork',
      maxWorkers: 1,
      cgroup: { path, memoryMax: 200 * MIB },
    }
    if (!readFileSync(`${path}/cgroup.controllers`, 'utf8').split(/\s/).includes('memory')) {
      t.log('skipped: version 2 has no memory controller here')
      const error = thrownBy(() => new Pool(options))
      t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
      t.regex(error.message, /cgroup.*has no memory controller/)
      return
    }
    await withPool(options, async (pool) => {
      const error = await rejection(pool.run(undefined, { name: 'growForEver' }))
      t.like(error, { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY', signal: 'SIGKILL' })
      t.regex(error.message, /cgroup\.memoryMax/)
      t.is(await pool.run(1), 1)
    })
  }),
)

testOnce('a path that is no group is refused where it is given', (t) => {
  const error = thrownBy(() => new Pool({ filename, cgroup: { path: '/proc' } }))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  t.regex(error.message, /\/proc is no control group of version 2/)
})
