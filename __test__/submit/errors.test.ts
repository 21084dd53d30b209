/** What a task throws arrives as it was thrown. */
import { HatcheryError } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'
import type * as Errors from './fixtures/errors.js'

watchForLeaks()

const filename = new URL('./fixtures/errors.js', import.meta.url)

testEach('class, message and the stack of the worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Errors>()
    const plain = await rejection(tasks.throwsPlain())
    t.true(plain instanceof Error)
    t.false(plain instanceof HatcheryError)
    t.is(plain.constructor.name, 'Error')
    t.is(plain.message, 'plain')
    t.regex(plain.stack, /^Error: plain\n +at throwsPlain \(.*fixtures\/errors\.[jt]s:\d+:\d+\)/)
    t.is(plain.stack.split('\n').length, 2, 'none of what called it')
    const type = await rejection(tasks.throwsType())
    t.true(type instanceof TypeError)
    t.is(type.name, 'TypeError')
    const named = await rejection(tasks.throwsNamed())
    t.is(named.name, 'CustomName')
    t.is(String(named), 'CustomName: renamed')
  }),
)

testEach('classes of the worker, own properties and causes', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Errors>()
    for (const [error, used] of [
      [await rejection(tasks.throwsQuota()), 12],
      [await rejection(tasks.rejectsLater()), 13],
    ]) {
      t.true(error instanceof RangeError)
      t.is(error.constructor.name, 'QuotaError')
      t.is(error.code, 'QUOTA')
      t.is(error.used, used)
      t.deepEqual(error.limits, { soft: 1, hard: [2n, new Date(0)] })
      t.regex(error.stack, /errors\.[jt]s/)
    }
    const { cause } = await rejection(tasks.throwsQuota())
    t.notRegex(cause.stack, /\/dist\//)
    t.true(cause instanceof SyntaxError)
    t.is(cause.message, 'inner')
    t.is(cause.cause, 'innermost')
    t.false(Object.keys(await rejection(tasks.throwsQuota())).includes('cause'))
    const round = await rejection(tasks.throwsCycle())
    t.is(round.cause, round)
  }),
)

testEach('AggregateError, DOMException and errors of the system', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Errors>()
    const several = await rejection(tasks.throwsAggregate())
    t.true(several instanceof AggregateError)
    t.is(several.message, 'several')
    t.deepEqual(
      several.errors.map((error: unknown) => (error instanceof Error ? error.message : error)),
      ['first', 'second', 3],
    )
    t.is(several.errors[1].used, 1)
    const dom = await rejection(tasks.throwsDom())
    t.true(dom instanceof DOMException)
    t.is(dom.name, 'TimeoutError')
    const { code, errno, syscall, path } = await rejection(tasks.throwsSystem())
    t.deepEqual({ code, errno, syscall, path }, { code: 'ENOENT', errno: -2, syscall: 'open', path: '/x' })
  }),
)

testEach('a property that cannot be cloned is left out, and the rest arrives', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const error = await rejection(pool.tasks<typeof Errors>().throwsWithFunction())
    t.is(error.message, 'callback')
    t.is(error.kept, 1)
    t.false('callback' in error)
  }),
)

testEach('values that are no errors', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (const value of ['text', 5, -0, undefined, null, { code: 'X', list: [1n] }, [1, 2], 'x'.repeat(100_000)]) {
      t.deepEqual(await rejection(pool.run(value, { name: 'throwsValue' })), value)
      t.deepEqual(await rejection(pool.run(value, { name: 'rejectsValue' })), value)
    }
    t.is(await rejection(pool.run(undefined, { name: 'throwsSymbol' })), 'Symbol(thrown)')
    t.is(await rejection(pool.run(undefined, { name: 'throwsFunction' })), '() => { }')
  }),
)

testEach('a stack overflow is only an error', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    await pool.ready
    const error = await rejection(pool.run(undefined, { name: 'overflow' }))
    t.true(error instanceof RangeError)
    t.is(error.message, 'Maximum call stack size exceeded')
    t.is(pool.stats().workersStarted, 1)
    t.is(pool.stats().workersCrashed, 0)
    t.is(await rejection(pool.run('again', { name: 'throwsValue' })), 'again')
  }),
)

testEach('a result that cannot be cloned rejects that task alone', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (const name of ['returnsFunction', 'resolvesFunction', 'returnsSymbol']) {
      const error = await rejection(pool.run(undefined, { name }))
      t.true(error instanceof HatcheryError, name)
      t.is(error.code, 'ERR_HATCHERY_DATA_CLONE', name)
    }
    const getter = await rejection(pool.run(undefined, { name: 'returnsThrowingGetter' }))
    t.is(getter.code, 'ERR_HATCHERY_DATA_CLONE')
    t.regex(getter.message, /getter/)
    t.is(await rejection(pool.run('still here', { name: 'throwsValue' })), 'still here')
    t.is(pool.stats().workersStarted, 1)
  }),
)
