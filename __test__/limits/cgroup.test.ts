/** A control group for each worker, where this machine lets us make some; elsewhere the tests say that they are skipped. */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'
import { Pool, type PoolOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Limits from './fixtures/limits.js'

watchForLeaks()

const filename = new URL('./fixtures/limits.js', import.meta.url)
const MIB = 1 << 20
/** Generous: these are also run in emulated machines. */
const LIMIT = 90_000

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

/** What the root of version 2 has to give; on a machine that uses version 1 for its controllers that is little. */
function controllers(): string[] {
  try {
    return readFileSync(`${mountPoint()}/cgroup.controllers`, 'utf8').trim().split(/\s+/)
  } catch {
    return []
  }
}

/** A test of a limit, counted as skipped where version 2 lacks what it needs. */
function testLimit(controller: string, title: string, body: (t: ExecutionContext) => Promise<void>): void {
  if (!controllers().includes(controller)) {
    test.skip(`${title} (skipped: version 2 has no ${controller} controller here)`, () => {})
    return
  }
  testOnce(
    title,
    async (t) => {
      const handedOn = `${mountPoint()}/cgroup.subtree_control`
      const before = readFileSync(handedOn, 'utf8').trim().split(/\s+/).includes(controller)
      writeFileSync(handedOn, `+${controller}`)
      try {
        await body(t)
      } finally {
        if (!before) writeFileSync(handedOn, `-${controller}`)
      }
    },
    LIMIT,
  )
}

testLimit('memory', 'cgroup.memoryMax: the kernel kills the worker alone', (t) =>
  withGroup(t, async (path) => {
    const cgroup = { path, memoryMax: 200 * MIB }
    await withPool({ filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, cgroup }, async (pool) => {
      const tasks = pool.tasks<typeof Limits>()
      using gate = new Gate()
      const held = tasks.gate(gate.path)
      await gate.entered(LIMIT)
      const error = await rejection(tasks.growForEver())
      t.like(error, { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY', signal: 'SIGKILL' })
      t.regex(error.message, /cgroup\.memoryMax/)
      gate.open()
      await held
      t.is(await tasks.default(1), 1)
      t.is(pool.stats().workersCrashed, 1)
    })
  }),
)

testLimit('cpu', 'cgroup.cpuMax: a worker gets that part of a processor', (t) =>
  withGroup(t, async (path) => {
    const cgroup = { path, cpuMax: 0.2 }
    await withPool({ filename, startMethod: 'fork', maxWorkers: 1, cgroup }, async (pool) => {
      const tasks = pool.tasks<typeof Limits>()
      const { used, passed } = await tasks.compute(1000)
      t.true(used <= passed * 0.4, `${used} of ${passed} ms`)
      t.regex(await tasks.groupFile('cpu.stat'), /^nr_throttled [1-9]/m)
    })
  }),
)

testLimit('pids', 'cgroup.pidsMax: a task cannot start more processes, and the pool goes on', (t) =>
  withGroup(t, async (path) => {
    const cgroup = { path, pidsMax: 40 }
    await withPool({ filename, startMethod: 'fork', maxWorkers: 1, cgroup }, async (pool) => {
      const tasks = pool.tasks<typeof Limits>()
      const { started, code } = await tasks.startMany(100)
      t.is(code, 'EAGAIN')
      t.true(started < 40, `${started}`)
      t.is(await tasks.default(1), 1)
    })
  }),
)

testOnce('a limit for which version 2 has no controller is refused where it is given', (t) =>
  withGroup(t, async (path) => {
    // Without its own children's controllers this group has none to hand on.
    mkdirSync(`${path}/leaf`)
    try {
      const error = thrownBy(() => new Pool({ filename, cgroup: { path: `${path}/leaf`, memoryMax: MIB } }))
      t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
      t.regex(error.message, /cgroup.*has no memory controller/)
    } finally {
      rmdirSync(`${path}/leaf`)
    }
  }),
)

testOnce('a path that is no group is refused where it is given', (t) => {
  const error = thrownBy(() => new Pool({ filename, cgroup: { path: '/proc' } }))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  t.regex(error.message, /\/proc is no control group of version 2/)
})
