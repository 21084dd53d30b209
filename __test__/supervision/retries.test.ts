/** Further attempts at what has failed: which failures they are for, when they come, and what ends them. */
import { HatcheryError, type PoolOptions } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const common = { filename, maxWorkers: 1, startMethod: 'fork', stdio: 'ignore' } as const
const soon = { retryBackoff: { initial: 1 } }
/** So long that no test waits for it. */
const far = { retryBackoff: { initial: 3_600_000, max: 3_600_000 } }

testEach('attempts are paused between, longer each time, and nobody waits with them', (t, startMethod) =>
  withPool({ ...common, startMethod, retryBackoff: { initial: 40, factor: 3, max: 60, jitter: 0 } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const start = performance.now()
    const retried = tasks.exitUntil.with({ retries: 3 })(4)
    t.is(await tasks.default('meanwhile'), 'meanwhile')
    t.is(await retried, 4)
    t.true(performance.now() - start >= 40 + 60 + 60)
    const error = await rejection(tasks.exitUntil.with({ retries: 1 })(9))
    t.true(error instanceof HatcheryError)
    t.like(error, { code: 'ERR_HATCHERY_WORKER_EXITED', attempt: 2, exitCode: 2 })
    t.like(error.attempts, [
      { attempt: 1, exitCode: 1, code: 'ERR_HATCHERY_WORKER_EXITED' },
      { attempt: 2, exitCode: 2, code: 'ERR_HATCHERY_WORKER_EXITED' },
    ])
    const [first, second] = error.attempts
    t.true(first.workerId < second.workerId && first.pid !== second.pid && first.at <= second.at)
  }),
)

testOnce('a task that waits for its next attempt is cancelled by its signal, and by the end of the pool', (t) =>
  withPool({ ...common, ...far }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const { signal, abort } = controller()
    const aborted = rejection(tasks.exit.with({ retries: 1, signal })(1))
    const closed = rejection(tasks.exit.with({ retries: 1 })(1))
    await until(() => pool.stats().retried === 2, 10_000, 'both wait')
    abort('changed my mind')
    t.like(await aborted, { code: 'ERR_HATCHERY_TASK_CANCELLED', cause: 'changed my mind' })
    t.is(await tasks.default('goes on'), 'goes on')
    await pool.close({ timeout: 20 })
    t.is((await closed).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.like(pool.stats(), { pending: 0, completed: 1, rejected: 2 })
  }),
)

function controller() {
  const source = new AbortController()
  return { signal: source.signal, abort: (reason: unknown) => source.abort(reason) }
}

const ERRORS: [string, PoolOptions, { retries?: number; retryErrors?: boolean }, number][] = [
  ['not by default', {}, { retries: 2 }, 1],
  ['if the pool says so', { retryErrors: true }, { retries: 2 }, 3],
  ['if the task says so', {}, { retries: 2, retryErrors: true }, 3],
  ['not if the task says otherwise', { retryErrors: true }, { retries: 2, retryErrors: false }, 1],
  ['by the pool’s default of retries', { retryErrors: true, retries: 1 }, {}, 2],
  ['of this name', { retryErrors: ['Unavailable'] }, { retries: 2 }, 3],
  ['of this code', { retryErrors: ['EUNAVAILABLE'] }, { retries: 2 }, 3],
  ['not of another name', { retryErrors: ['TypeError'] }, { retries: 2 }, 1],
  ['by the table', { recovery: { Unavailable: 'retry' } }, { retries: 2 }, 3],
  ['not by the table', { retryErrors: true, recovery: { Unavailable: 'ignore' } }, { retries: 2 }, 1],
]

for (const [title, options, run, attempts] of ERRORS) {
  testOnce(`errors that tasks throw are retried: ${title}`, (t) =>
    withPool({ ...common, ...soon, ...options }, async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      t.is(await tasks.throwUntil.with(run)(attempts), attempts)
      const error = await rejection(tasks.throwUntil.with(run)(attempts + 1))
      t.like(error, { name: 'Unavailable', message: `attempt ${attempts}`, code: 'EUNAVAILABLE' })
      t.is(pool.stats().workersCrashed, 0)
    }),
  )
}

const late = { ERR_HATCHERY_TASK_TIMEOUT: 'retry' } as const

testEach('a timeout is retried if the table says so: the worker is killed first', (t, startMethod) =>
  withPool({ ...common, ...soon, startMethod, recovery: late, killGrace: 20 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const options = { timeout: 250, retries: 1 }
    t.is(await tasks.overrunUntil.with(options)(2), 2)
    const error = await rejection(tasks.spin.with(options)())
    t.like(error, { code: 'ERR_HATCHERY_TASK_TIMEOUT', name: 'TimeoutError', timeout: 250, attempt: 2 })
    t.is(error.attempts.length, 2)
    t.is(pool.stats().timedOut, 1)
  }),
)

testOnce('a timeout is retried if the table says so: who stops when told to keeps the worker', (t) =>
  withPool({ ...common, ...soon, recovery: late, killGrace: 60_000 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const pid = await tasks.pid()
    t.is(await tasks.obeyUntil.with({ timeout: 250, retries: 1 })(2), 2)
    t.is(await tasks.pid(), pid)
    // Cancelled while it is asked to stop, it is cancelled.
    const { signal, abort } = controller()
    const cancelled = rejection(tasks.wait.with({ timeout: 10, retries: 9, signal })())
    await until(() => pool.stats().running === 1, 10_000, 'it runs')
    abort('enough')
    t.is((await cancelled).code, 'ERR_HATCHERY_TASK_CANCELLED')
    await pool.destroy()
  }),
)
