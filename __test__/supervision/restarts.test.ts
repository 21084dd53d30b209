/** Workers that die are replaced, within bounds; what is done about it can be chosen. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { Worker } from 'node:worker_threads'
import { type HatcheryError, Pool, type RecoverableFailure } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool, workerPids } from '../helpers/pool.js'
import { isAlive, processInfo } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const common = { filename, maxWorkers: 1, startMethod: 'fork', stdio: 'ignore' } as const
const soon = { retryBackoff: { initial: 0 }, restartBackoff: { initial: 1, max: 5 } }
const hour = 3_600_000

testEach(
  'too many deaths fail the pool: everything pending is rejected with the cause, once',
  async (t, startMethod) => {
    const pool = new Pool({ ...common, startMethod, maxRestarts: 2, restartWindow: hour })
    const errors: HatcheryError[] = []
    pool.on('error', (error) => errors.push(error))
    const closed = new Promise<void>((resolve) => pool.once('close', resolve))
    const tasks = pool.tasks<typeof Tasks>()
    for (const code of [1, 2]) t.is((await rejection(tasks.exit(code))).exitCode, code)
    using gate = new Gate()
    const held = tasks.gate(gate.path)
    await gate.entered()
    const last = rejection(tasks.exit(3))
    const pending = Array.from({ length: 20 }, (_, index) => rejection(tasks.default(index)))
    gate.open()
    await held
    t.like(await last, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 3 })
    const failures = new Set(await Promise.all(pending))
    t.is(failures.size, 1, 'all with the same error')
    const [failure] = failures
    t.like(failure, { code: 'ERR_HATCHERY_RESTART_LIMIT' })
    t.regex(failure.message, /maxRestarts/)
    t.like(failure.cause, { code: 'ERR_HATCHERY_WORKER_EXITED' })
    await closed
    t.deepEqual(errors, [failure])
    t.is(await rejection(pool.run(1)), failure)
  },
)

testOnce('the deaths that the pool brings about do not count, nor those that are ignored', (t) =>
  withPool(
    {
      ...common,
      maxRestarts: 1,
      restartWindow: hour,
      killGrace: 5,
      recovery: { ERR_HATCHERY_WORKER_SIGNALLED: 'ignore' },
    },
    async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      for (let round = 0; round < 3; round++) {
        t.is((await rejection(tasks.spin.with({ timeout: 20 })())).code, 'ERR_HATCHERY_TASK_TIMEOUT')
        const pid = await tasks.pid()
        process.kill(pid, 'SIGKILL')
        await until(() => !isAlive(pid), 10_000, 'it is gone')
      }
      t.is(await tasks.default('alive'), 'alive')
    },
  ),
)

testEach('restart-worker: the worker ends what it runs, and another takes its place', (t, startMethod) =>
  withPool({ ...common, startMethod, concurrency: 2, recovery: { TypeError: 'restart-worker' } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const before = await tasks.pid()
    t.is((await rejection(tasks.throwUntil(2))).name, 'Unavailable')
    t.is(await tasks.pid(), before, 'not for others')
    const retried = tasks.obeyUntil.with({ timeout: 60_000 })(1)
    t.true((await rejection(tasks.throwType())) instanceof TypeError)
    t.is(await retried, 1)
    t.not(await tasks.pid(), before)
    await until(() => !isAlive(before), 10_000, 'it has gone')
    t.like(pool.stats(), { workersCrashed: 0, lost: 0 })
  }),
)

testEach('restart-pool: all workers are replaced, and no task is lost', (t, startMethod) =>
  withPool(
    { ...common, startMethod, minWorkers: 3, maxWorkers: 3, recovery: { crash: 'restart-pool' } },
    async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      await until(() => workerPids(pool).length === 3, 20_000, 'all are up')
      const before = workerPids(pool)
      using gate = new Gate()
      const held = tasks.gate(gate.path)
      await gate.entered()
      const others = Array.from({ length: 300 }, (_, index) => tasks.default(index))
      t.is((await rejection(tasks.exit(1))).exitCode, 1)
      t.deepEqual(await Promise.all(others), [...others.keys()])
      await until(() => workerPids(pool).filter((pid) => !before.includes(pid)).length === 3, 20_000, 'three are new')
      gate.open()
      t.true(before.includes(await held), 'what ran went on to its end')
      await until(() => !before.some(isAlive), 20_000, 'the old ones have gone')
      t.like(pool.stats(), { workersCrashed: 1, lost: 1, zygoteRestarts: 0 })
    },
  ),
)

testOnce('restart-pool: with another zygote; a reload of the user comes before it', (t) =>
  withPool({ ...common, minWorkers: 2, maxWorkers: 2, recovery: { TypeError: 'restart-pool' } }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    await until(() => workerPids(pool).length === 2, 20_000, 'both are up')
    const before = workerPids(pool)
    const zygote = processInfo(before[0]!)!.parent
    const generations: number[] = []
    pool.on('reload', ({ generation }) => generations.push(generation))
    // Both at about the same time: that is one restart.
    await Promise.all([rejection(tasks.throwType()), rejection(tasks.throwType())])
    await until(() => generations.length === 1, 20_000, 'all are new')
    const now = workerPids(pool)
    t.true(now.every((pid) => !before.includes(pid) && processInfo(pid)!.parent !== zygote))
    await until(() => !isAlive(zygote), 10_000, 'the old zygote has gone')
    await rejection(tasks.throwType())
    await pool.reload()
    t.is(generations.length, 2)
    t.true(workerPids(pool).every((pid) => !now.includes(pid)))
  }),
)

testOnce('restart-pool: if there can be no other zygote, the workers are new all the same', async (t) => {
  using state = new Gate()
  const preload = [new URL('./fixtures/fails-later.js', import.meta.url)]
  const env = { ...process.env, FAILS_IF: state.note('broken') }
  const warnings: string[] = []
  const options = { ...common, preload, env, recovery: { TypeError: 'restart-pool' } } as const
  await withPool(options, async (pool) => {
    pool.on('warning', ({ message }) => warnings.push(message))
    const tasks = pool.tasks<typeof Tasks>()
    const before = await tasks.pid()
    writeFileSync(env.FAILS_IF, '')
    await rejection(tasks.throwType())
    await until(() => !isAlive(before), 20_000, 'it has gone')
    t.not(await tasks.pid(), before)
    await until(() => warnings.length > 0, 20_000, 'it is told')
    t.regex(warnings[0]!, /broken by now/)
    t.is(await tasks.default(1), 1)
  })
})

testOnce('shutdown: the pool fails, and the failure is the cause', async (t) => {
  const pool = new Pool({ ...common, recovery: { EUNAVAILABLE: 'shutdown' } })
  const reported = once(pool, 'error')
  const tasks = pool.tasks<typeof Tasks>()
  using gate = new Gate()
  const held = tasks.gate(gate.path)
  await gate.entered()
  const thrown = rejection(tasks.throwUntil(2))
  // The worker goes on with it while the failure is decided on.
  const behind = rejection(tasks.wait())
  gate.open()
  await held
  t.is((await thrown).name, 'Unavailable')
  const failure = await behind
  t.is(failure.code, 'ERR_HATCHERY_POOL_FAILED')
  t.is(failure.cause?.name, 'Unavailable')
  t.regex(failure.message, /throwUntil/)
  t.deepEqual(await reported, [failure])
  await pool.close()
})

testEach('a function has the last word', async (t, startMethod) => {
  const seen: RecoverableFailure[] = []
  const recovery = (failure: RecoverableFailure) => {
    seen.push(failure)
    if (failure.code === 'ERR_HATCHERY_RESTART_LIMIT') return 'ignore'
    if (failure.code === 'thrown' && failure.retriesLeft > 0) return 'retry'
    return failure.taskName === 'exit' ? 'ignore' : undefined
  }
  const options = { ...common, ...soon, startMethod, maxRestarts: 1, restartWindow: hour, recovery }
  await withPool(options, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    t.is(await tasks.throwUntil.with({ retries: 1 })(2), 2)
    t.like(seen.shift(), {
      code: 'thrown',
      taskName: 'throwUntil',
      attempt: 1,
      retriesLeft: 1,
      crashes: 0,
      strategy: 'ignore',
    })
    // Also where this thread waits for the task.
    t.is(pool.runSync(2, { name: 'throwUntil', retries: 1 }), 2)
    t.like(seen.shift(), { code: 'thrown', taskName: 'throwUntil', attempt: 1 })
    t.is(thrownBy(() => pool.runSync(2, { name: 'throwUntil' })).name, 'Unavailable')
    t.is((seen.shift()!.error as Error).name, 'Unavailable')
    const error = await rejection(tasks.exit.with({ retries: 5 })(7))
    t.like(error, { code: 'ERR_HATCHERY_WORKER_EXITED', attempt: 1 })
    t.like(seen.shift(), { code: 'ERR_HATCHERY_WORKER_EXITED', taskName: 'exit', crashes: 1, strategy: 'retry' })
    t.is(await tasks.exitUntil.with({ retries: 1 })(2), 2)
    t.deepEqual(
      seen
        .splice(0)
        .map(({ code }) => code)
        .sort(),
      ['ERR_HATCHERY_RESTART_LIMIT', 'ERR_HATCHERY_WORKER_EXITED'],
    )
    // Nor does a death without a task go unheard.
    process.kill(await tasks.pid(), 'SIGKILL')
    await until(() => seen.length > 0, 10_000, 'it is heard of')
    t.like(seen[0], { code: 'ERR_HATCHERY_WORKER_SIGNALLED', taskName: undefined, attempt: 0 })
    t.like(seen[0]!.error, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL' })
  })
})

testEach('it is asked about the limit while its thread waits for a task', (t, startMethod) => {
  const codes: string[] = []
  const recovery = ({ code }: RecoverableFailure) => {
    codes.push(code)
    return code === 'ERR_HATCHERY_RESTART_LIMIT' ? 'ignore' : undefined
  }
  const options = { ...common, ...soon, startMethod, maxRestarts: 1, restartWindow: hour, recovery }
  return withPool(options, async (pool) => {
    t.is(pool.runSync(3, { name: 'exitUntil', retries: 5, timeout: 20_000 }), 3)
    t.deepEqual(codes.sort(), [
      'ERR_HATCHERY_RESTART_LIMIT',
      'ERR_HATCHERY_WORKER_EXITED',
      'ERR_HATCHERY_WORKER_EXITED',
    ])
  })
})

testEach('also if it was asked before its thread began to wait, and once', (t, startMethod) => {
  const codes: string[] = []
  const recovery = ({ code }: RecoverableFailure) => {
    codes.push(code)
    return code === 'ERR_HATCHERY_RESTART_LIMIT' ? 'ignore' : undefined
  }
  const options = { ...common, ...soon, startMethod, maxRestarts: 0, restartWindow: hour, recovery }
  return withPool(options, async (pool) => {
    const pid = await pool.run(undefined, { name: 'pid' })
    process.kill(pid, 'SIGKILL')
    // This thread does not hear of it, but another one turns in its place.
    const nap = new Int32Array(new SharedArrayBuffer(4))
    while (pool.stats().workersCrashed === 0) Atomics.wait(nap, 0, 0, 5)
    t.deepEqual(codes, [])
    t.is(pool.runSync('alive', { timeout: 20_000 }), 'alive')
    t.deepEqual(codes, ['ERR_HATCHERY_RESTART_LIMIT'])
    await until(() => codes.length === 2, 10_000, 'what else was asked is answered')
    t.deepEqual(codes.sort(), ['ERR_HATCHERY_RESTART_LIMIT', 'ERR_HATCHERY_WORKER_SIGNALLED'])
    t.is(await pool.run('still'), 'still')
  })
})

testOnce('what is no answer leaves it to the table, with a warning', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const answers = [
    () => Promise.reject(new Error('late')),
    () => 'reboot',
    () => {
      throw new Error('cannot say')
    },
  ]
  const decide: any = () => answers.pop()?.()
  await withPool({ ...common, ...soon, recovery: { thrown: 'retry', decide } }, async (pool) => {
    t.is(await pool.run(4, { name: 'throwUntil', retries: 3 }), 4)
  })
  await until(() => warnings.length === 3, 10_000, 'all warnings have come')
  t.true(warnings.every(({ name }) => name === 'HatcheryWarning'))
  t.regex(warnings.map(({ message }) => message).join('\n'), /cannot say.*'reboot'.*a promise/s)
})

testOnce('a pool that is destroyed while a failure is undecided settles its task once', async (t) => {
  const pool: Pool = new Pool({
    ...common,
    recovery: () => {
      void pool.destroy()
      return 'retry'
    },
  })
  const error = await rejection(pool.run(9, { name: 'exitUntil', retries: 5 }))
  t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
  await pool.destroy()
  t.like(pool.stats(), { pending: 0, completed: 0, rejected: 1 })
})

testOnce('the maker of a pool decides on the tasks of other threads', async (t) => {
  const decided: string[] = []
  const recovery = ({ code }: RecoverableFailure) => {
    decided.push(code)
    return 'retry' as const
  }
  await withPool({ ...common, ...soon, recovery }, async (pool) => {
    const script = `
      import { parentPort, workerData } from 'node:worker_threads'
      import { Pool } from ${JSON.stringify(import.meta.resolve('hatchery'))}
      const pool = Pool.attach(workerData)
      const options = { name: 'throwUntil', retries: 2 }
      parentPort.postMessage([await pool.run(3, options), pool.runSync(2, options)])
      await pool.close()`
    const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`)
    const thread = new Worker(url, { workerData: pool.handle() })
    const [[results]] = await Promise.all([once(thread, 'message'), once(thread, 'exit')])
    t.deepEqual(results, [3, 2])
    t.deepEqual(decided, ['thrown', 'thrown', 'thrown'])
  })
})
