/** Tasks that their callers do not want any more, and what these tasks hear of it. */
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { HatcheryError, type Pool, type RunOptions } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Deadlines from './fixtures/deadlines.js'

watchForLeaks()

const filename = new URL('./fixtures/deadlines.js', import.meta.url)
const one = { filename, startMethod: 'fork', maxWorkers: 1 } as const

/** A `heed` that runs: what it will be rejected with, and the reason that its signal was aborted with. */
async function heeding(pool: Pool, gate: Gate, options: RunOptions) {
  const note = gate.note(`reason ${Math.random()}`)
  let error: Promise<any> | undefined
  await new Promise<void>((resolve) => {
    error = rejection(pool.run(note, { ...options, name: 'heed', onProgress: () => resolve() }))
  })
  const reason = async () => {
    // What the worker runs next comes after it.
    await pool.run(undefined, { name: 'heededSoFar' })
    return JSON.parse(readFileSync(note, 'utf8')) as unknown
  }
  return { error: error!, reason }
}

testOnce('pool.cancel finds a task by its id, and tells whether it has cancelled one', (t) =>
  withPool(one, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const path = gate.note('ran')
    const waiting = rejection(pool.run({ path, name: 'a' }, { name: 'record', id: 'a' }))
    const staged = pool.run({ path, name: 'b' }, { name: 'record', id: 'b' })
    t.false(pool.cancel('c'))
    const why = new Error('not wanted')
    t.true(pool.cancel('a', why))
    t.false(pool.cancel('a', new Error('again')))
    const error = await waiting
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.name, 'AbortError')
    t.is(error.cause, why)
    t.is(error.attempt, undefined, 'it never ran')
    t.false(pool.cancel('a'))
    gate.open()
    await held
    t.is(await staged, 'b')
    t.false(pool.cancel('b'), 'it has settled')
    t.is(readFileSync(path, 'utf8'), 'b\n')
    t.is(pool.stats().cancelled, 1)
  }),
)

testOnce('an id is taken until its task has settled', (t) =>
  withPool(one, async (pool) => {
    const tasks = pool.tasks<typeof Deadlines>()
    const first = pool.run(1, { name: 'sleep', id: 'x' })
    const second = await rejection(pool.run(2, { name: 'sleep', id: 'x' }))
    t.is(second.code, 'ERR_HATCHERY_DUPLICATE_ID')
    const third = await rejection(tasks.sleep.with({ id: 'x' })(3))
    t.is(third.code, 'ERR_HATCHERY_DUPLICATE_ID')
    const stream = pool.stream(undefined, { name: 'count', id: 'x' })
    t.is((await rejection(stream.next())).code, 'ERR_HATCHERY_DUPLICATE_ID')
    t.is(await first, 1)
    t.is(await pool.run(4, { name: 'sleep', id: 'x' }), 4)
    t.is(pool.stats().submitted, 2)
    for (const id of ['', 5, null]) {
      t.is((await rejection(pool.run(1, { id: id as string }))).code, 'ERR_HATCHERY_INVALID_OPTION')
      t.is(thrownBy(() => pool.cancel(id as string)).code, 'ERR_HATCHERY_INVALID_OPTION')
    }
    t.is(thrownBy(() => pool.runSync(1, { id: 'x' } as object)).code, 'ERR_HATCHERY_INVALID_OPTION')
    t.is(thrownBy(() => pool.map([1], { id: 'x' } as object)).code, 'ERR_HATCHERY_INVALID_OPTION')
  }),
)

testEach('a running task hears why, and keeps its worker if it heeds', (t, startMethod) =>
  withPool({ ...one, startMethod, killGrace: 20_000 }, async (pool) => {
    using gate = new Gate()
    const called = await heeding(pool, gate, { id: 'r' })
    t.true(pool.cancel('r', Object.assign(new RangeError('too far'), { code: 'E_FAR' })))
    t.false(pool.cancel('r'), 'it is cancelled already')
    const error = await called.error
    t.is(error.cause.message, 'too far')
    t.is(error.attempt, 1)
    t.deepEqual(await called.reason(), {
      name: 'RangeError',
      message: 'too far',
      code: 'E_FAR',
      isDOMException: false,
    })

    const usual = { name: 'AbortError', message: 'This operation was aborted', code: 20, isDOMException: true }
    const reasons: [reason: unknown, heard: unknown][] = [
      [undefined, usual],
      [{ by: 'user', at: [1, 2] }, { value: { by: 'user', at: [1, 2] } }],
      // What cannot be sent, or is too long for that, stays with the caller.
      [new Error('x'.repeat(20_000)), usual],
      [{ by: () => 'nobody' }, usual],
      [Symbol('gone'), usual],
    ]
    for (const [reason, heard] of reasons) {
      const controller = new AbortController()
      const aborted = await heeding(pool, gate, { signal: controller.signal })
      controller.abort(reason)
      t.is((await aborted.error).cause, controller.signal.reason)
      t.deepEqual(await aborted.reason(), heard)
    }

    const late = await heeding(pool, gate, { timeout: 200 })
    t.is((await late.error).code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.deepEqual(await late.reason(), {
      name: 'TimeoutError',
      message: 'The task ran longer than its time limit of 200 ms',
      code: 23,
      isDOMException: true,
    })
    t.is(pool.stats().workersStarted, 1)
  }),
)

testOnce('a task that pool.cancel does not stop loses its worker after the grace', (t) =>
  withPool({ ...one, killGrace: 50 }, async (pool) => {
    const tasks = pool.tasks<typeof Deadlines>()
    const { pid } = await tasks.heededSoFar()
    let spinning: Promise<any> | undefined
    await new Promise<void>((resolve) => {
      spinning = rejection(pool.run(undefined, { name: 'spin', id: 's', onProgress: () => resolve() }))
    })
    t.true(pool.cancel('s'))
    const error = await spinning!
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.pid, pid)
    t.not((await tasks.heededSoFar()).pid, pid)
    await until(() => !isAlive(pid), 5_000, 'the worker is gone')
  }),
)

testOnce('a stream is cancelled by its id', (t) =>
  withPool(one, async (pool) => {
    const stream = pool.stream<number>(undefined, { name: 'count', id: 'numbers' })
    t.false(pool.cancel('numbers'), 'nothing runs before the first item is asked for')
    t.is((await stream.next()).value, 0)
    const why = new Error('enough')
    t.true(pool.cancel('numbers', why))
    const error = await rejection(stream.next())
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.cause, why)
    t.is((await stream.next()).done, true)
  }),
)

testOnce('one signal for 1000 tasks: none that had not begun ever runs, and Node does not warn', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, killGrace: 20_000 }, async (pool) => {
    using gate = new Gate()
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    const path = gate.note('ran')
    const controller = new AbortController()
    const { signal } = controller
    const names = Array.from({ length: 1000 }, (_, index) => `${index}`)
    const outcomes = names.map((name) =>
      pool.run<string>({ path, name }, { name: 'recordSlowly', signal }).then(
        () => 'completed',
        (error) => (error.attempt === undefined ? error.code : `begun ${error.code}`),
      ),
    )
    await until(() => pool.completed > 20, 10_000, 'some have run')
    controller.abort()
    const settled = await Promise.all(outcomes)
    const done = () => pool.workers.every(({ inFlight }) => inFlight === 0)
    await until(done, 10_000, 'those that had begun have ended')
    process.off('warning', onWarning)
    const ran = new Set(existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
    for (const [index, outcome] of settled.entries()) {
      t.is(ran.has(`${index}`), outcome !== 'ERR_HATCHERY_TASK_CANCELLED', `task ${index}: ${outcome}`)
    }
    t.true(settled.filter((outcome) => outcome === 'ERR_HATCHERY_TASK_CANCELLED').length > 100)
    t.deepEqual(warnings, [])
    t.is(pool.stats().workersCrashed, 0)
  }),
)
