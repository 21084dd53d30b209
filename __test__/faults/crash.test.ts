/** A task ends its worker: it alone is rejected, with an error that says how; all others complete. */
import process from 'node:process'
import { HatcheryError, type PoolOptions, type RunOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool, workerPids } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Faults from './fixtures/faults.js'

watchForLeaks()

const filename = new URL('./fixtures/faults.js', import.meta.url)

interface Fault {
  title: string
  name: keyof typeof Faults
  task?: unknown
  options?: RunOptions
  pool?: PoolOptions
  /** Properties of the error. */
  expected: Record<string, unknown>
}

const limited = { maxHeap: 48 << 20 }
const exited = (exitCode: number) => ({ code: 'ERR_HATCHERY_WORKER_EXITED', exitCode, signal: undefined })
const signalled = (signal: string) => ({ code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal, exitCode: undefined })
const outOfMemory = { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY', signal: 'SIGABRT', exitCode: undefined }
const timedOut = { code: 'ERR_HATCHERY_TASK_TIMEOUT', timeout: 80, name: 'TimeoutError' }

const FAULTS: Fault[] = [
  { title: 'process.exit(7)', name: 'exit', task: 7, expected: exited(7) },
  { title: 'process.exit(0)', name: 'exit', task: 0, expected: exited(0) },
  { title: 'process.exit after a while', name: 'exitLater', task: 3, expected: exited(3) },
  {
    title: 'process.exit and a listener that changes the code',
    name: 'exitWithListener',
    task: 3,
    expected: exited(4),
  },
  { title: 'process.reallyExit', name: 'reallyExit', task: 9, expected: exited(9) },
  {
    title: 'process.abort',
    name: 'abort',
    expected: { code: 'ERR_HATCHERY_WORKER_ABORTED', signal: 'SIGABRT', exitCode: undefined },
  },
  { title: 'SIGKILL', name: 'kill', task: 'SIGKILL', expected: signalled('SIGKILL') },
  { title: 'SIGTERM', name: 'kill', task: 'SIGTERM', expected: signalled('SIGTERM') },
  { title: 'SIGSEGV', name: 'kill', task: 'SIGSEGV', expected: signalled('SIGSEGV') },
  { title: 'heap exhaustion', name: 'exhaustHeap', pool: limited, expected: outOfMemory },
  { title: 'heap exhaustion over many turns', name: 'exhaustHeapLater', pool: limited, expected: outOfMemory },
  { title: 'an infinite loop', name: 'spin', options: { timeout: 80 }, expected: timedOut },
  { title: 'an infinite loop after an await', name: 'spinLater', options: { timeout: 80 }, expected: timedOut },
  { title: 'endless microtasks', name: 'spinMicrotasks', options: { timeout: 80 }, expected: timedOut },
  { title: 'an exception in a timer', name: 'throwInTimer', expected: exited(1) },
  { title: 'an exception in a tick', name: 'throwInTick', expected: exited(1) },
  { title: 'an unhandled rejection', name: 'rejectUnhandled', expected: exited(1) },
]

const OTHERS = 400

for (const { title, name, task, options, pool: more, expected } of FAULTS) {
  testEach(
    `${title}: that task alone is rejected`,
    (t, startMethod) => {
      const poolOptions = { filename, startMethod, minWorkers: 2, maxWorkers: 2, killGrace: 50, ...more }
      return withPool({ ...poolOptions, stdio: 'ignore' }, async (pool) => {
        const tasks = pool.tasks<typeof Faults>()
        await Promise.all([tasks.echoLater(1), tasks.echoLater(2)])
        await until(() => workerPids(pool).length === 2, 10_000, 'both workers are up')
        const before = new Set(workerPids(pool))
        const other = (index: number) => (index % 4 === 0 ? tasks.echoLater(index) : tasks.default(index))
        const values = Array.from({ length: OTHERS }, (_, index) => index)
        const first = values.slice(0, OTHERS / 2).map(other)
        const fault = rejection(pool.run(task, { ...options, name }))
        const second = values.slice(OTHERS / 2).map(other)
        const all = Promise.all([...first, ...second])
        all.catch(() => {})
        const error = await fault
        t.true(error instanceof HatcheryError, String(error))
        t.like(error, { ...expected, taskName: name, attempt: 1 })
        t.true(error.message.length > 20, error.message)
        t.true(before.has(error.pid), 'it names the worker that had it')
        t.deepEqual(await all, values)
        // The worker is replaced, and the pool goes on.
        const replaced = () => workerPids(pool).length === 2 && !workerPids(pool).includes(error.pid)
        await until(replaced, 10_000, 'the worker is replaced')
        t.false(isAlive(error.pid))
        t.deepEqual(await Promise.all(values.map(other)), values)
        const { workersCrashed, workersStarted, failed, lost, timedOut: late } = pool.stats()
        t.deepEqual(
          { workersCrashed, workersStarted, failed, ended: (lost ?? 0) + (late ?? 0) },
          // One that is killed for a task that does not stop has not crashed.
          { workersCrashed: expected === timedOut ? 0 : 1, workersStarted: 3, failed: 0, ended: 1 },
        )
      })
    },
    60_000,
  )
}

testEach('many faults among many tasks: each its own error, nothing else', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, killGrace: 20, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const faults: Promise<unknown>[] = []
    const others: Promise<number>[] = []
    for (let index = 0; index < 600; index++) {
      if (index % 60 === 30) faults.push(rejection(tasks.exit(index / 30)).then((error) => error.exitCode))
      if (index % 150 === 75) faults.push(rejection(tasks.kill('SIGKILL')).then((error) => error.signal))
      others.push(index % 2 === 0 ? tasks.default(index) : tasks.echoLater(index))
    }
    t.deepEqual(await Promise.all(others), [...others.keys()])
    const seen = await Promise.all(faults)
    t.deepEqual(
      seen.filter((item) => typeof item === 'number'),
      [1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
    )
    t.deepEqual(
      seen.filter((item) => typeof item === 'string'),
      ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL'],
    )
    t.is(pool.stats().workersCrashed, 14)
  }),
)

testEach('a worker that leaves between tasks costs no task', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    for (const call of [() => tasks.exitAfterwards(5), () => tasks.throwAfterwards()]) {
      const pid = await tasks.pid()
      t.is(await call(), 'completed')
      await until(() => !isAlive(pid), 5_000, 'the worker has left')
      t.not(await tasks.pid(), pid)
    }
    t.is(pool.stats().workersCrashed, 2)
    t.is(pool.stats().lost, 0)
  }),
)

testEach('what looks dangerous and is not', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const pid = await tasks.pid()
    t.true((await rejection(tasks.overflow())) instanceof RangeError)
    t.is(await tasks.setExitCode(7), 'completed')
    t.is(await tasks.pid(), pid)
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testEach('a worker killed from outside, idle and busy', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const idle = await tasks.pid()
    process.kill(idle, 'SIGKILL')
    await until(() => !isAlive(idle), 5_000, 'the worker is gone')
    const next = await tasks.pid()
    t.not(next, idle)
    using gate = new Gate()
    const held = rejection(tasks.gate(gate.path))
    await gate.entered()
    const behind = Array.from({ length: 50 }, (_, index) => tasks.default(index))
    await new Promise((resolve) => setImmediate(resolve))
    process.kill(next, 'SIGKILL')
    const error = await held
    t.like(error, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL', pid: next })
    t.deepEqual(await Promise.all(behind), [...behind.keys()])
  }),
)

testEach('a worker that closes all its descriptors is replaced in the end', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, killGrace: 50, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const error = await rejection(tasks.closeEverything.with({ timeout: 500 })())
    t.true(error instanceof HatcheryError, String(error))
    const results = await Promise.all(Array.from({ length: 100 }, (_, index) => tasks.default(index)))
    t.is(results.length, 100)
    t.true(workerPids(pool).every((pid) => pid !== error.pid))
  }),
)

testEach('of several tasks of one worker all that had begun share its fate, and no other', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 2, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const fault = rejection(tasks.exitLater(6))
    const others = Array.from({ length: 100 }, (_, index) => tasks.echoLater(index).catch((error) => error))
    t.like(await fault, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 6 })
    const results = await Promise.all(others)
    const lost = results.filter((result) => result instanceof Error)
    t.true(lost.length <= 1, `${lost.length} lost`)
    for (const error of lost) t.like(error, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 6 })
  }),
)

testEach(
  'a task that outruns its limit is to blame alone; those begun beside it say so, or run again',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 1, concurrency: 3, killGrace: 20 }, async (pool) => {
      const tasks = pool.tasks<typeof Faults>()
      using gate = new Gate()
      const lost = rejection(tasks.wait())
      const repeated = tasks.waitTheFirstTime.with({ retries: 1 })(gate.note('begun'))
      const spinning = rejection(tasks.spin.with({ timeout: 200 })())
      const queued = Array.from({ length: 10 }, (_, index) => tasks.echoLater(index))
      t.is((await spinning).code, 'ERR_HATCHERY_TASK_TIMEOUT')
      t.is((await lost).code, 'ERR_HATCHERY_WORKER_LOST')
      t.is(await repeated, 'again')
      t.deepEqual(await Promise.all(queued), [...queued.keys()])
    }),
)

testEach('deadlines kill also while the host’s thread is busy', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 20 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const pid = await tasks.pid()
    const run = rejection(tasks.spin.with({ timeout: 50 })())
    await new Promise((resolve) => setImmediate(resolve))
    // No turn of the event loop until the worker is gone; bounded, so that the test can fail.
    const end = performance.now() + 10_000
    while (isAlive(pid) && performance.now() < end);
    t.false(isAlive(pid))
    t.is((await run).code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.not(await tasks.pid(), pid)
  }),
)
