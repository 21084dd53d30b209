/** Tasks that are not to run on: time limits, signals, retries. */
import { getEventListeners } from 'node:events'
import process from 'node:process'
import { HatcheryError, type RunOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Current from './fixtures/current.js'

watchForLeaks()

const filename = new URL('./fixtures/current.js', import.meta.url)
const tasksFile = new URL('./fixtures/tasks.js', import.meta.url)

/** Options with which `started` settles once the task reports that it runs. */
function announced(options: RunOptions): { options: RunOptions; started: Promise<void> } {
  let onProgress!: () => void
  const started = new Promise<void>((resolve) => {
    onProgress = resolve
  })
  return { options: { ...options, onProgress }, started }
}

testEach('a task past its time limit is rejected, and told', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Current>()
    const { pid } = await tasks.abortedSoFar()
    const error = await rejection(pool.run(undefined, { name: 'untilAborted', timeout: 50 }))
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.is(error.name, 'TimeoutError')
    t.is(error.timeout, 50)
    t.is(error.taskName, 'untilAborted')
    t.is(error.attempt, 1)
    t.is(error.pid, pid)
    // It ended when its signal said so: its worker lives.
    t.deepEqual(await tasks.abortedSoFar(), { aborted: 1, pid })
    t.is(pool.stats().workersCrashed, 0)
    t.is(pool.stats().timedOut, 1)
  }),
)

for (const name of ['spin', 'never'] as const) {
  testEach(`a task past its time limit that does not heed its signal loses its worker: ${name}`, (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 1, killGrace: 50 }, async (pool) => {
      const tasks = pool.tasks<typeof Current>()
      const { pid } = await tasks.abortedSoFar()
      const error = await rejection(pool.run(undefined, { name, timeout: 50 }))
      t.is(error.code, 'ERR_HATCHERY_TASK_TIMEOUT')
      const after = await tasks.abortedSoFar()
      t.not(after.pid, pid)
      await until(() => !isAlive(pid), 5_000, 'the worker is gone')
      await until(() => pool.stats().restarts.overdue === 1, 5_000, 'its end is known')
      t.is(pool.stats().workersStarted, 2)
    }),
  )
}

testEach('a task within its time limit is left alone, and the time in the queue does not count', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 1, killGrace: 20 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run<number>(gate.path, { name: 'gate' })
    await gate.entered()
    const waiting = Array.from({ length: 50 }, (_, index) => pool.run(index, { timeout: 1000 }))
    // Longer than the limit of those that wait, which is longer than a machine with much to do lets a worker lie.
    await pool.run(0, { filename, name: 'sleep', signal: AbortSignal.timeout(1200) }).catch(() => {})
    gate.open()
    const pid = await held
    t.deepEqual(await Promise.all(waiting), [...waiting.keys()])
    t.is(await pool.run(undefined, { name: 'pid' }), pid)
    t.is(pool.stats().timedOut, 0)
  }),
)

testEach('a signal that has fired before: nothing is submitted', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const reason = new Error('changed my mind')
    const error = await rejection(pool.run(undefined, { name: 'snapshot', signal: AbortSignal.abort(reason) }))
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.name, 'AbortError')
    t.is(error.cause, reason)
    t.is(pool.pending, 0)
    t.is(pool.stats().submitted, 0)
  }),
)

testEach('a signal that fires while the task is queued: it never runs', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 1 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const controller = new AbortController()
    const { signal } = controller
    const cancelled = Array.from({ length: 20 }, () => rejection(pool.run(undefined, { name: 'takeNumber', signal })))
    const others = Array.from({ length: 20 }, () => pool.run<number>(undefined, { name: 'takeNumber' }))
    await new Promise((resolve) => setImmediate(resolve))
    const reason = { why: 'test' }
    controller.abort(reason)
    // While the worker is still held: cancelling waits for nobody.
    for (const error of await Promise.all(cancelled)) {
      t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
      t.is(error.cause, reason)
    }
    gate.open()
    await held
    t.deepEqual(await Promise.all(others), [...others.keys()])
    t.is(pool.stats().cancelled, 20)
  }),
)

testEach('a signal that fires in the same turn as the submission', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 1 }, async (pool) => {
    for (let round = 0; round < 50; round++) {
      const controller = new AbortController()
      const run = rejection(pool.run(undefined, { name: 'takeNumber', signal: controller.signal }))
      controller.abort()
      t.is((await run).code, 'ERR_HATCHERY_TASK_CANCELLED')
    }
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('a signal that fires while the task runs: rejected at once, and the task is told', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Current>()
    const { pid } = await tasks.abortedSoFar()
    const controller = new AbortController()
    const { options, started } = announced({ name: 'untilAborted', signal: controller.signal })
    const run = rejection(pool.run(undefined, options))
    await started
    controller.abort()
    const error = await run
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.cause.name, 'AbortError')
    t.deepEqual(await tasks.abortedSoFar(), { aborted: 1, pid })
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testEach('a task that ignores its signal loses its worker after the grace', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 50 }, async (pool) => {
    const tasks = pool.tasks<typeof Current>()
    const { pid } = await tasks.abortedSoFar()
    const controller = new AbortController()
    const { options, started } = announced({ name: 'spin', signal: controller.signal })
    const run = rejection(pool.run(undefined, options))
    await started
    controller.abort()
    t.is((await run).code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.not((await tasks.abortedSoFar()).pid, pid)
    await until(() => !isAlive(pid), 5_000, 'the worker is gone')
  }),
)

testEach('one of several tasks of a worker is cancelled alone', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 4 }, async (pool) => {
    const controller = new AbortController()
    const { options, started } = announced({ name: 'untilAborted', signal: controller.signal })
    const run = rejection(pool.run(undefined, options))
    const others = Array.from({ length: 3 }, () => pool.run(100, { name: 'sleep' }))
    await started
    controller.abort()
    t.is((await run).code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is((await Promise.all(others)).length, 3)
    t.is(pool.stats().workersStarted, 1)
  }),
)

testEach('a signal shared by many tasks keeps no listener of those that have settled', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 2 }, async (pool) => {
    const { signal } = new AbortController()
    const runs = Array.from({ length: 200 }, (_, index) => pool.run(index, { signal }))
    t.is(getEventListeners(signal, 'abort').length, 1)
    await Promise.all(runs)
    await rejection(pool.run(undefined, { name: 'unheardOf', signal }))
    t.is(getEventListeners(signal, 'abort').length, 0)
  }),
)

testEach('a signal that fires after the task has settled changes nothing', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 1 }, async (pool) => {
    const controller = new AbortController()
    t.is(await pool.run('x', { signal: controller.signal }), 'x')
    controller.abort()
    t.is(await pool.run('y'), 'y')
    t.is(pool.stats().cancelled, 0)
  }),
)

testEach('retries: a task whose worker dies is tried again, and knows it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    t.is(await pool.run(1, { name: 'dieUntil' }), 1)
    t.is(await pool.run(3, { name: 'dieUntil', retries: 2 }), 3)
    t.is(pool.stats().retried, 2)
    const error = await rejection(pool.run(4, { name: 'dieUntil', retries: 2 }))
    t.is(error.code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    t.is(error.signal, 'SIGKILL')
    t.is(error.attempt, 3)
    const never = await rejection(pool.run(2, { name: 'dieUntil' }))
    t.is(never.attempt, 1)
    t.is(await pool.run(1, { name: 'dieUntil' }), 1)
  }),
)

testEach('retries are for deaths: a task that throws is not tried again', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    t.is((await rejection(pool.run(undefined, { name: 'alwaysThrows', retries: 5 }))).message, 'call 1')
    t.is((await rejection(pool.run(undefined, { name: 'alwaysThrows', retries: 5 }))).message, 'call 2')
    t.is(pool.stats().retried, 0)
  }),
)

testEach('a task past its time limit is not tried again', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 10 }, async (pool) => {
    const error = await rejection(pool.run(undefined, { name: 'spin', timeout: 30, retries: 5 }))
    t.is(error.code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.is(error.attempt, 1)
    t.is((await pool.tasks<typeof Current>().snapshot()).attempt, 1)
    t.is(pool.stats().retried, 0)
  }),
)

testEach('one signal serves many tasks, without a warning, and is let go of', (t, startMethod) =>
  withPool({ filename: tasksFile, startMethod, maxWorkers: 2 }, async (pool) => {
    const numbers = Array.from({ length: 50 }, (_, index) => index)
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const controller = new AbortController()
    const { signal } = controller
    t.deepEqual(await Promise.all(numbers.map((index) => pool.run(index, { signal }))), numbers)
    t.is(getEventListeners(signal, 'abort').length, 0)
    const tasks = numbers.map((index) => pool.run(index, { signal, name: 'echoLater' }).catch((error) => error.code))
    t.is(getEventListeners(signal, 'abort').length, 1)
    controller.abort()
    t.true((await Promise.all(tasks)).every((code) => code === 'ERR_HATCHERY_TASK_CANCELLED'))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', onWarning)
    t.deepEqual(warnings, [])
  }),
)
