/** Threads of the host that use one pool, and synchronous calls in threads. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Pool, type PoolHandle } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { descendants } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type { Assignment } from './fixtures/attached.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const script = new URL('./fixtures/attached.js', import.meta.url)

/** A thread, its messages by the order in which they come, and its end. */
class Thread {
  readonly worker: Worker
  readonly exit: Promise<number>
  readonly #messages: unknown[] = []

  constructor(assignment: Assignment) {
    this.worker = new Worker(script, { workerData: assignment })
    this.worker.on('message', (message) => this.#messages.push(message))
    this.exit = new Promise((resolve, reject) => {
      this.worker.on('error', reject)
      this.worker.on('exit', resolve)
    })
    // Looked at by those tests that care.
    this.exit.catch(() => {})
  }

  /** The next message. */
  async message<T = unknown>(): Promise<T> {
    while (this.#messages.length === 0) {
      const ended = await Promise.race([once(this.worker, 'message').then(() => false), this.exit.then(() => true)])
      if (ended && this.#messages.length === 0) throw new Error('the thread has ended without a word')
    }
    return this.#messages.shift() as T
  }
}

const settled = (pool: Pool) =>
  until(() => pool.stats().queued === 0 && pool.stats().running === 0, 5_000, 'no task is left')

testOnce('a handle can be sent, whatever workerData is', (t) =>
  withPool({ filename, startMethod: 'fork', maxWorkers: 1, workerData: new Map([['big', 1n]]) }, async (pool) => {
    const handle: PoolHandle = structuredClone(pool.handle())
    t.is(handle.options.workerData, undefined)
    const guest = Pool.attach(handle)
    t.is(await guest.run(3, { name: 'square' }), 9)
    await guest.close()
  }),
)

testOnce('options and marks of all follow a resize and a reload', async (t) => {
  const other = new URL('../lifecycle/fixtures/tasks.js', import.meta.url)
  const options = { filename, startMethod: 'fork', maxWorkers: 1, concurrency: 2, queueHighWaterMark: 1 } as const
  await withPool(options, async (pool) => {
    const handle = pool.handle()
    const guest = Pool.attach(handle)
    const follows = (one: Pool, check: (options: Pool['options']) => boolean) =>
      until(() => check(one.options), 10_000, 'it has heard of it')
    await pool.resize({ max: 3 })
    await follows(
      guest,
      ({ maxWorkers, maxThreads, minWorkers }) => maxWorkers === 3 && maxThreads === 3 && minWorkers === 1,
    )
    const runs = Array.from({ length: 6 }, (_, value) => guest.run(value, { name: 'square' }))
    t.false(guest.needsDrain, 'as many as can run')
    runs.push(guest.run(6, { name: 'square' }))
    t.true(guest.needsDrain)
    t.deepEqual(await Promise.all(runs), [0, 1, 4, 9, 16, 25, 36])
    await guest.resize({ max: 2 })
    await follows(pool, ({ maxWorkers }) => maxWorkers === 2)
    await pool.reload({ filename: other, workerData: 'secret' })
    await follows(guest, (now) => now.filename === other.href)
    t.is(guest.options.workerData, undefined)
    // Whoever comes by a handle of before hears of it as well.
    const late = Pool.attach(handle)
    await follows(late, (now) => now.filename === other.href && now.maxWorkers === 2)
    await Promise.all([guest.close(), late.close()])
  })
})

testEach('several threads with thousands of tasks each, and functions of their own', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const handle = pool.handle()
    const count = 3_000
    const names = ['negate', 'square', 'echoLater'] as const
    const threads = names.map((name) => new Thread({ mode: 'work', handle, count, name }))
    const own = Promise.all(Array.from({ length: count }, (_, index) => pool.run(index, { name: 'echoLater' })))
    for (const thread of threads) {
      const report = await thread.message<{ wrong: number; completed: number }>()
      t.deepEqual(report, { wrong: 0, sum: 40_425, pending: 0, completed: count + 50, enough: true })
      t.is(await thread.message(), 'ERR_HATCHERY_POOL_CLOSED')
      t.is(await thread.exit, 0)
    }
    t.deepEqual(await own, [...Array(count).keys()])
    // That they have left concerns nobody else.
    t.is(await pool.run(7, { name: 'square' }), 49)
    t.is(pool.stats().submitted, 4 * count + 3 * 50 + 1)
    t.deepEqual([pool.completed, pool.stats().completed], [count + 1, 4 * count + 3 * 50 + 1])
  }),
)

testEach('synchronous calls of several threads at a time, and of the main one', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const handle = pool.handle()
    const names = ['negate', 'square', 'echoLater'] as const
    const threads = names.map((name) => new Thread({ mode: 'sync', handle, count: 1_000, name }))
    for (let index = 0; index < 1_000; index++) t.is(pool.runSync(index, { name: 'square' }), index * index)
    for (const thread of threads) {
      t.deepEqual(await thread.message(), { wrong: 0 })
      t.is(await thread.exit, 0)
    }
  }),
)

testEach('a pool made in a thread, with synchronous calls there', async (t, startMethod) => {
  const thread = new Thread({ mode: 'own-sync', startMethod })
  t.deepEqual(await thread.message(), [5, 'QUOTA', 7])
  t.is(await thread.exit, 0)
})

for (const mode of ['blocked', 'own-blocked'] as const) {
  testEach(`a thread that is terminated in a synchronous call (${mode})`, (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 2, killGrace: 30 }, async (pool) => {
      const options = mode === 'blocked' ? { handle: pool.handle() } : { startMethod }
      const thread = new Thread({ mode, ...options })
      t.is(await thread.message(), 'blocked')
      t.is(await pool.run(1), 1)
      if (mode === 'blocked') await until(() => pool.stats().running === 1, 5_000, 'its task runs')
      await thread.worker.terminate()
      await settled(pool)
      // Its task was asked to stop, did not, and cost its worker.
      if (mode === 'blocked') await until(() => pool.stats().restarts.overdue === 1, 5_000, 'its worker is killed')
      t.is(pool.runSync(2), 2)
    }),
  )
}

testEach('a thread that is terminated in the middle of its tasks leaves none of them', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2, killGrace: 30 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    const thread = new Thread({ mode: 'stuck', handle: pool.handle(), count: 5_000 })
    t.is(await thread.message(), 'stuck')
    const values = Array.from({ length: 1_000 }, (_, index) => index)
    const own = Promise.all(values.map((value) => pool.run(value)))
    await thread.worker.terminate()
    // One worker waits at the gate, the other one had its endless task.
    t.deepEqual(await own, values)
    gate.open()
    t.is(typeof (await held), 'number')
    await settled(pool)
  }),
)

testEach('threads that end by themselves, or exit, without a word to the pool', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2, killGrace: 30 }, async (pool) => {
    const handle = pool.handle()
    const idle = new Thread({ mode: 'idle', handle })
    t.is(await idle.message(), 25)
    t.is(await idle.exit, 0)
    const exiting = new Thread({ mode: 'exit', handle })
    t.is(await exiting.exit, 5)
    await settled(pool)
    t.is(await pool.run(1), 1)
  }),
)

testEach('the owner’s close waits for the tasks of all threads, and closes them', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  using gate = new Gate()
  const thread = new Thread({ mode: 'drain', handle: pool.handle(), count: 100, gate: gate.path })
  t.is(await thread.message(), 'submitted')
  await gate.entered()
  const closing = pool.close()
  t.is((await rejection(pool.run(1))).code, 'ERR_HATCHERY_POOL_CLOSED')
  gate.open()
  await closing
  t.deepEqual(await thread.message(), { wrong: 0, held: 'number', after: 'ERR_HATCHERY_POOL_CLOSED' })
  t.is(await thread.exit, 0)
})

testEach('the owner’s destroy ends a synchronous call of another thread', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  const thread = new Thread({ mode: 'blocked', handle: pool.handle() })
  t.is(await thread.message(), 'blocked')
  await until(() => pool.stats().running === 1, 5_000, 'its task runs')
  await pool.destroy()
  t.is(await thread.message(), 'ERR_HATCHERY_POOL_CLOSED')
  t.is(await thread.exit, 0)
})

testEach('a pool whose owner is a thread', async (t, startMethod) => {
  const owner = new Thread({ mode: 'owner', startMethod })
  const pool = Pool.attach<number, number>(await owner.message<PoolHandle>())
  await pool.ready
  t.is(pool.options.maxWorkers, 1)
  t.is(await pool.run(3, { name: 'square' }), 9)
  t.is(pool.runSync(4, { name: 'square' }), 16)
  // Of a handle that was passed on.
  const second = Pool.attach(pool.handle())
  t.is(await second.run(5), 5)
  await second.close()
  const closed = once(pool, 'close')
  owner.worker.postMessage('close')
  await closed
  t.true(pool.closed)
  t.is((await rejection(pool.run(1))).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.is(await owner.exit, 0)
})

testEach('an owner that is terminated takes the pool with it', async (t, startMethod) => {
  const owner = new Thread({ mode: 'owner', startMethod })
  const handle = await owner.message<PoolHandle>()
  const pool = Pool.attach(handle)
  const running = rejection(pool.run(undefined, { name: 'wait' }))
  const waiting = rejection(pool.run(1))
  await until(() => pool.stats().running !== 0, 5_000, 'its task runs')
  const closed = once(pool, 'close')
  await owner.worker.terminate()
  t.is((await running).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.is((await waiting).code, 'ERR_HATCHERY_POOL_CLOSED')
  await closed
  t.is(thrownBy(() => pool.runSync(1)).code, 'ERR_HATCHERY_POOL_CLOSED')
  t.is(thrownBy(() => Pool.attach(handle)).code, 'ERR_HATCHERY_POOL_CLOSED')
  await until(() => descendants().length === 0, 5_000, 'no process is left')
})

testEach('a failure of the pool reaches all threads with its reason', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, execArgv: ['--no-such-flag'], stdio: 'ignore' })
  pool.on('warning', () => {})
  const attached = Pool.attach(pool.handle())
  const [own, other, waiting] = await Promise.all([
    rejection(pool.run(1)),
    rejection(attached.run(1)),
    rejection(attached.ready),
  ])
  t.is(other.code, own.code)
  t.is(other.message, own.message)
  t.is(waiting.message, own.message)
  await Promise.all([pool.close(), attached.close()])
})

testEach('destroy of an attached pool concerns its own tasks only', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 30 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const attached = Pool.attach(pool.handle())
    const own = pool.run('own')
    const lost = rejection(attached.run('lost'))
    await attached.destroy()
    t.is((await lost).code, 'ERR_HATCHERY_POOL_CLOSED')
    t.true(attached.closed)
    gate.open()
    t.is(await own, 'own')
    t.is(typeof (await held), 'number')
  }),
)

testEach('one thread that is busy does not hold up another', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    // In this thread, whose event loop gets nothing to do: their results go nowhere for now.
    const results = Array.from({ length: 2_000 }, () => pool.run(20_000, { name: 'pattern' }))
    await new Promise((resolve) => setImmediate(resolve))
    const thread = new Thread({ mode: 'sync', handle: pool.handle(), count: 200 })
    const done = new Int32Array(new SharedArrayBuffer(4))
    t.deepEqual(await thread.message(), { wrong: 0 })
    t.is(await thread.exit, 0)
    t.is(done[0], 0)
    t.is((await Promise.all(results)).length, 2_000)
  }),
)

testEach('attaching again and again leaves nothing', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const handle = pool.handle()
    t.deepEqual(structuredClone(handle), handle)
    for (let round = 0; round < 200; round++) {
      const attached = Pool.attach(handle)
      t.is(attached.runSync(round), round)
      if (round % 2 === 0) t.is(await attached.run(round), round)
      await (round % 3 === 0 ? attached.destroy() : attached.close())
    }
    t.is(pool.runSync(1), 1)
  }),
)

testOnce('handles that are none', async (t) => {
  const pool = new Pool({ filename: fileURLToPath(filename), maxWorkers: 1 })
  const handle = pool.handle()
  const codeOf = (wrong: unknown) => thrownBy(() => Pool.attach(wrong as PoolHandle)).code
  t.is(codeOf(undefined), 'ERR_HATCHERY_INVALID_OPTION')
  t.is(codeOf({}), 'ERR_HATCHERY_INVALID_OPTION')
  t.is(codeOf({ ...handle, pid: 1 }), 'ERR_HATCHERY_INVALID_OPTION')
  t.is(codeOf({ ...handle, pool: 1 << 30 }), 'ERR_HATCHERY_POOL_CLOSED')
  await pool.close()
  t.is(codeOf(handle), 'ERR_HATCHERY_POOL_CLOSED')
  t.is(thrownBy(() => pool.handle()).code, 'ERR_HATCHERY_POOL_CLOSED')
})

testEach(
  'in one thread: the events of an attached pool',
  async (t: import('ava').ExecutionContext, startMethod: Method) => {
    const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
    const attached = Pool.attach(pool.handle())
    const seen: string[] = []
    for (const name of ['ready', 'drain', 'close', 'workerStarted'] as const) attached.on(name, () => seen.push(name))
    await attached.run(1)
    await until(() => seen.includes('drain'), 5_000, 'the drain event has come')
    await attached.close()
    await until(() => seen.includes('close'), 5_000, 'the close event has come')
    t.deepEqual(seen, ['ready', 'drain', 'close'])
    await pool.close()
  },
)
