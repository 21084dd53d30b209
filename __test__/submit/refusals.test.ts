/** Mistakes of the caller: a clear error at that call, and the pool goes on. */
import { inspect } from 'node:util'
import { HatcheryError, Pool, type PoolOptions, type RunOptions } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const fixture = (name: string) => new URL(`./fixtures/${name}.js`, import.meta.url)
const filename = fixture('tasks')
const missing = fixture('missing')
const INVALID = 'ERR_HATCHERY_INVALID_OPTION'

const BAD_POOL_OPTIONS: Record<string, unknown>[] = [
  { filename: 5 },
  { filename: '' },
  { filename: 'a\0b' },
  { filename: new URL('https://example.org/worker.js') },
  { filename: new URL('data:text/javascript,0') },
  { name: '' },
  { name: 5 },
  { minWorkers: -1 },
  { minWorkers: 1.5 },
  { minWorkers: '2' },
  { maxWorkers: 0 },
  { maxWorkers: NaN },
  { maxWorkers: 100_000 },
  { minWorkers: 3, maxWorkers: 2 },
  { minThreads: 3, maxThreads: 2 },
  { concurrency: 0 },
  { concurrency: Infinity },
  { startMethod: 'thread' },
  { startMethod: true },
  { execArgv: '--expose-gc' },
  { execArgv: [1] },
  { env: 'PATH=/bin' },
  { env: { NUMBER: 5 } },
  { env: { NUL: 'a\0b' } },
  { idleTimeout: -1 },
  { idleTimeout: '1s' },
  { killGrace: NaN },
  { startTimeout: 0 },
  { stdio: 'file' },
  { stdio: { stdout: 'file' } },
  { preload: 'typescript' },
  { maxWorker: 4 },
]

testOnce('bad options of a pool throw, and start nothing', (t) => {
  for (const options of BAD_POOL_OPTIONS) {
    const error = t.throws(() => new Pool(options as PoolOptions), { instanceOf: HatcheryError }, inspect(options))
    t.is(error?.code, INVALID, inspect(options))
    // The message names what is wrong.
    const names = Object.keys(options).map((key) => key.replace('Threads', 'Workers'))
    t.true(
      names.some((name) => error?.message.includes(name)),
      `${error?.message} for ${inspect(options)}`,
    )
  }
  for (const options of [null, 5, 'worker.js']) {
    t.throws(() => new Pool(options as PoolOptions), { code: INVALID }, inspect(options))
  }
  t.throws(() => new Pool({ filename: missing }), { code: 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND' })
  t.throws(() => new Pool({ filename: new URL('.', import.meta.url) }), { code: 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND' })
  t.throws(() => new Pool({ preload: [missing] }), { code: 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND' })
})

const BAD_RUN_OPTIONS: Record<string, unknown>[] = [
  { name: '' },
  { name: 5 },
  { name: null },
  { filename: 5 },
  { timeout: 0 },
  { timeout: -1 },
  { timeout: '5s' },
  { timeout: NaN },
  { timeout: null },
  { queueTimeout: null },
  { priority: null },
  { retries: null },
  { retryErrors: null },
  { priority: 'urgent' },
  { priority: 1 },
  { retries: -1 },
  { retries: 256 },
  { retries: 0.5 },
  { signal: {} },
  { signal: 'abort' },
  { onProgress: 'log' },
  { timout: 5 },
]

testEach('bad options of a task reject that call, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (const options of BAD_RUN_OPTIONS) {
      const error = await rejection(pool.run('x', options as RunOptions))
      t.true(error instanceof HatcheryError, inspect(options))
      t.is(error.code, INVALID, inspect(options))
      t.true(error.message.includes(Object.keys(options)[0]!), error.message)
    }
    for (const options of [null, 5]) {
      t.is((await rejection(pool.run('x', options as unknown as RunOptions))).code, INVALID)
    }
    t.is(pool.pending, 0)
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('a missing module rejects that call, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const before = pool.run('before')
    const error = await rejection(pool.run('x', { filename: missing }))
    t.is(error.code, 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND')
    t.regex(error.message, /fixtures\/missing\.js/)
    t.is(await before, 'before')
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('an unknown task rejects its calls, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const calls = [
      pool.run('x', { name: 'unheardOf' }),
      pool.tasks<{ unheardOf(): void }>().unheardOf(),
      pool.run('x', { name: 'unheardOf' }),
    ]
    for (const call of calls) {
      const error = await rejection(call)
      t.true(error instanceof HatcheryError)
      t.is(error.code, 'ERR_HATCHERY_TASK_UNKNOWN')
      t.is(error.taskName, 'unheardOf')
      t.regex(error.message, /"unheardOf".*echoLater/)
    }
    t.is((await rejection(pool.run(1, { name: 'notAFunction' }))).code, 'ERR_HATCHERY_TASK_UNKNOWN')
    t.is((await rejection(pool.run(1, { name: 'toString' }))).code, 'ERR_HATCHERY_TASK_UNKNOWN')
    const none = await rejection(pool.run(1, { filename: fixture('no-functions') }))
    t.is(none.code, 'ERR_HATCHERY_TASK_UNKNOWN')
    t.is(await pool.run('next'), 'next')
    t.is(pool.stats().workersStarted, 1)
  }),
)

testEach('a module that throws while it is loaded rejects its tasks, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await rejection(pool.run('x', { filename: fixture('broken'), name: 'task' }))
      t.is(error.code, 'ERR_HATCHERY_WORKER_MODULE_FAILED')
      t.true(error.cause instanceof RangeError)
      t.is(error.cause.message, 'broken on purpose')
      t.regex(error.cause.stack, /broken\.[jt]s/)
    }
    t.is(await pool.run('next'), 'next')
    t.is(pool.stats().workersStarted, 1)
  }),
)

testEach('an argument that cannot be cloned rejects that call, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const cases: unknown[] = [
      () => {},
      Symbol('x'),
      { deep: [{ handler() {} }] },
      new Map([['key', Symbol('y')]]),
      new WeakMap(),
      Promise.resolve(),
      { large: 'x'.repeat(200_000), handler() {} },
    ]
    for (const value of cases) {
      const before = pool.run('before')
      const error = await rejection(pool.run(value))
      t.true(error instanceof HatcheryError, inspect(value, { maxStringLength: 10 }))
      t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
      t.is((await rejection(tasks.countArguments(1, value))).code, 'ERR_HATCHERY_DATA_CLONE')
      t.is(await before, 'before')
    }
    const thrown = {
      get broken(): never {
        throw new Error('getter')
      },
    }
    const getter = await rejection(pool.run(thrown))
    t.is(getter.code, 'ERR_HATCHERY_DATA_CLONE')
    t.regex(getter.message, /getter/)
    t.is(pool.pending, 0)
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('a getter that submits a task while its own is encoded disturbs neither', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const inner: Promise<unknown>[] = []
    const value = (text: string) => ({
      get nested() {
        inner.push(pool.run(text))
        return 1
      },
      after: text,
    })
    const outer = await Promise.all(['a', 'b', 'c'].map((text) => pool.run(value(text))))
    t.deepEqual(
      outer,
      ['a', 'b', 'c'].map((after) => ({ nested: 1, after })),
    )
    // An accessor may be read more than once.
    t.deepEqual([...new Set(await Promise.all(inner))], ['a', 'b', 'c'])
  }),
)

testEach('after close every submission is refused', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  const tasks = pool.tasks<typeof Tasks>()
  t.is(await pool.run('x'), 'x')
  const closing = pool.close()
  const refused = async () => {
    t.is((await rejection(pool.run('x'))).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await rejection(pool.run('x', { name: 'unheardOf' }))).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await rejection(tasks.add(1, 2))).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.is((await rejection(pool.map([1]).next())).code, 'ERR_HATCHERY_POOL_CLOSED')
  }
  await refused()
  await closing
  await refused()
})
