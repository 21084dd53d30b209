/** Calls that block the thread until their task has settled. */
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { HatcheryError, move, Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, thrownBy, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

// Shared memory is mapped until its buffers are collected.
test.afterEach.always('collect', async () => {
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
})
watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const other = new URL('../submit/fixtures/other.js', import.meta.url)

testEach('the result, at once, of a pool that is still starting', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  const value = { list: [1, 'two', null], map: new Map([[1, -0]]), when: new Date(5) }
  t.deepEqual(pool.runSync(value), value)
  // Nothing of this came by the event loop, and nothing of it was lost to it.
  await pool.ready
  t.is(pool.completed, 1)
  t.is(pool.pending, 0)
  await pool.close()
})

testEach('values, modules, names and lists of arguments, as with run', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    t.is(pool.runSync(), undefined)
    t.is(pool.runSync('x'.repeat(100_000)), 'x'.repeat(100_000))
    t.is(pool.runSync(3, { name: 'square' }), 9)
    t.is(pool.runSync(3, { name: 'echoLater', priority: 'high', timeout: 10_000, retries: 2 }), 3)
    t.is(await pool.run(1, { filename: other }), pool.runSync(1, { filename: other }))
    const tasks = pool.tasks<typeof Tasks>()
    t.is(tasks.add.sync(2, 3), 5)
    t.is(tasks.echoLater.sync('later'), 'later')
    t.is(tasks.negate.with({ timeout: 10_000 }).sync(4), -4)
    t.is(tasks.pid.sync(), await tasks.pid())
  }),
)

testEach('payloads of 8 MiB', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const size = 8 << 20
    const bytes = pool.runSync(size, { name: 'pattern' }) as Buffer
    t.true(bytes.equals(Buffer.alloc(size, size & 0xff)))
    bytes[size - 1] = 1
    t.true((pool.runSync(bytes) as Buffer).equals(bytes))
    t.is(pool.runSync('small'), 'small')
  }),
)

testEach('what the task throws is thrown, with both stacks', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const error = thrownBy(function theCaller() {
      pool.runSync(undefined, { name: 'fail' })
    })
    t.true(error instanceof RangeError)
    t.is(error.constructor.name, 'QuotaError')
    t.like(error, { message: 'too much', code: 'QUOTA' })
    t.true(error.cause instanceof TypeError)
    const [inWorker = '', inHost = ''] = error.stack.split('    at runSync (in the host)\n')
    t.regex(inWorker, /at fail .*fixtures\/tasks/)
    t.regex(inHost.split('\n')[0], /theCaller/)
    const rejected = await rejection(pool.run(undefined, { name: 'fail' }))
    t.true(inWorker.startsWith(rejected.stack.split('\n', 2).join('\n')))
    t.is(pool.stats().rejected, 2)

    const viaTasks = thrownBy(() => pool.tasks<typeof Tasks>().fail.sync())
    t.regex(viaTasks.stack.split('    at runSync (in the host)\n')[1].split('\n')[0], /run-sync\.test/)
    for (const value of ['text', 0, undefined, null, { no: 'error' }]) {
      t.deepEqual(
        thrownBy(() => pool.runSync(value, { name: 'failWith' })),
        value,
      )
    }
    const unknown = thrownBy(() => pool.runSync(1, { name: 'nope' }))
    t.is(unknown.code, 'ERR_HATCHERY_TASK_UNKNOWN')
  }),
)

testEach('a worker that is killed or leaves costs that call, and the pool goes on', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const pid = pool.runSync(undefined, { name: 'pid' }) as number
    const killed = thrownBy(() => pool.runSync(undefined, { name: 'kill' }))
    t.true(killed instanceof HatcheryError)
    t.like(killed, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL', taskName: 'kill', pid, attempt: 1 })
    t.regex(killed.stack, /run-sync\.test/)
    const left = thrownBy(() => pool.runSync(7, { name: 'exit' }))
    t.like(left, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 7 })
    t.not(pool.runSync(undefined, { name: 'pid' }), pid)
    using gate = new Gate()
    t.is(pool.runSync(gate.note('killed'), { name: 'killTheFirstTime', retries: 1 }), 2)
  }),
)

testEach('a time limit, for a task that does not stop', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 30 }, async (pool) => {
    const pid = pool.runSync(undefined, { name: 'pid' }) as number
    const error = thrownBy(() => pool.runSync(undefined, { name: 'spin', timeout: 30 }))
    t.like(error, { code: 'ERR_HATCHERY_TASK_TIMEOUT', name: 'TimeoutError', timeout: 30, taskName: 'spin' })
    // The next call waits for the kill, and for another worker.
    t.not(pool.runSync(undefined, { name: 'pid' }), pid)
    await until(() => !isAlive(pid), 5_000, 'the worker is gone')
  }),
)

testEach('time limits of other tasks are kept meanwhile', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 30 }, async (pool) => {
    await pool.run(1)
    const overdue = rejection(pool.run(undefined, { name: 'spin', timeout: 30 }))
    t.is(pool.runSync(2), 2)
    t.is((await overdue).code, 'ERR_HATCHERY_TASK_TIMEOUT')
  }),
)

testEach('promises of other tasks settle afterwards, each with its own, in order', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const count = 3_000
    const order: number[] = []
    const promises = Array.from({ length: count }, async (_, index) => {
      t.is(await pool.run(index), index)
      order.push(index)
    })
    for (let index = 0; index < 500; index++) t.is(pool.runSync(-index), -index)
    t.deepEqual(order, [])
    await Promise.all(promises)
    t.is(order.length, count)
    t.is(pool.completed, count + 500)
  }),
)

testEach('results that overflow all buffers while the thread is blocked', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const order: number[] = []
    // Small ones fill the buffer of events, and large ones go beyond the most that may wait.
    const lengths = Array.from({ length: 400 }, (_, index) => (index % 3 === 0 ? 1 << 20 : 5_000 + index))
    const promises = lengths.map(async (length, index) => {
      const bytes: Buffer = await pool.run(length, { name: 'pattern' })
      order.push(index)
      return bytes.length === length && bytes[length - 1] === (length & 0xff)
    })
    // One worker, in order of submission: all those results come before this one.
    t.is(pool.runSync('last'), 'last')
    t.deepEqual(order, [])
    t.true((await Promise.all(promises)).every(Boolean))
    t.deepEqual(order, [...order.keys()])
    t.is(pool.runSync(1), 1)
  }),
)

testEach('progress of others comes afterwards, and progress of the call to nobody', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const heard: number[] = []
    const running = pool.run(3, { name: 'progress', onProgress: (value) => heard.push(value) })
    t.is(pool.runSync(5, { name: 'progress' }), 5)
    t.deepEqual(heard, [])
    t.is(await running, 3)
    t.deepEqual(heard, [0, 1, 2])
  }),
)

testEach('from the reactions to results of the same pool', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const values = Array.from({ length: 1_000 }, (_, index) => index)
    const sums = await Promise.all(
      values.map(async (value) => {
        const first: number = await pool.run(value)
        return first + (pool.runSync(1) as number) + (await pool.run(1))
      }),
    )
    t.deepEqual(
      sums,
      values.map((value) => value + 2),
    )
  }),
)

testEach('while a batch of results is being read', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const inner: unknown[] = []
    const promises = Array.from({ length: 200 }, (_, index) => pool.run({ index, text: 'x'.repeat(index * 40) }))
    // Settling a promise with an object asks for its `then`: that is user code, in the middle of a batch.
    Object.defineProperty(Object.prototype, 'then', {
      configurable: true,
      get() {
        if (inner.length < 100) inner.push(pool.runSync(inner.length))
        return undefined
      },
    })
    try {
      await promises.at(-1)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'then')
    }
    t.deepEqual(
      inner,
      Array.from({ length: 100 }, (_, index) => index),
    )
    const results = await Promise.all(promises)
    t.true(results.every(({ index, text }, at) => index === at && text.length === at * 40))
  }),
)

testEach('from getters of arguments', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const argument = (depth: number): object => ({
      before: 'b'.repeat(depth * 10),
      get inner() {
        return depth === 0 ? 'end' : pool.runSync(argument(depth - 1))
      },
      after: depth,
    })
    const expected = (depth: number): object => ({
      before: 'b'.repeat(depth * 10),
      inner: depth === 0 ? 'end' : expected(depth - 1),
      after: depth,
    })
    t.deepEqual(pool.runSync(argument(3)), expected(3))
    const [first, second] = await Promise.all([pool.run('first'), pool.run(argument(3))])
    t.is(first, 'first')
    t.deepEqual(second, expected(3))
  }),
)

testEach('memory that is shared, and memory that is moved', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const memory = pool.alloc(1 << 20)
    memory[5] = 7
    // Large values and small ones, and one that is thrown: the same memory comes back, and not a copy.
    const large = { memory, filling: 'x'.repeat(100_000) }
    t.is((pool.runSync(memory) as Uint8Array).buffer, memory.buffer)
    t.is((pool.runSync(large) as typeof large).memory.buffer, memory.buffer)
    t.is(thrownBy(() => pool.runSync({ memory }, { name: 'failWith' })).memory.buffer, memory.buffer)
    const mixed = {
      before: memory,
      get inner() {
        return (pool.runSync([memory, 1]) as unknown[])[1]
      },
      after: 'text',
    }
    t.like(pool.runSync(mixed), { inner: 1, after: 'text' })
    t.is(pool.stats().segments, 1)
    const moved = new Uint8Array([1, 2, 3])
    t.deepEqual(pool.runSync(move(moved)), new Uint8Array([1, 2, 3]))
    t.is(moved.length, 0)
    const list = new Uint8Array([4])
    t.deepEqual(pool.runSync({ list }, { transferList: [list.buffer] }), { list: new Uint8Array([4]) })
    t.is(list.length, 0)
  }),
)

testEach('refusals throw, and nothing is left of them', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const codeOf = (options: object, task: unknown = 1) => thrownBy(() => pool.runSync(task, options)).code
    t.is(codeOf({ onProgress() {} }), 'ERR_HATCHERY_INVALID_OPTION')
    t.is(codeOf({ timeout: -1 }), 'ERR_HATCHERY_INVALID_OPTION')
    t.is(codeOf({ unknown: 1 }), 'ERR_HATCHERY_INVALID_OPTION')
    t.is(codeOf({ filename: './none.js' }), 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND')
    t.is(
      codeOf({}, () => {}),
      'ERR_HATCHERY_DATA_CLONE',
    )
    const aborted = thrownBy(() => pool.runSync(1, { signal: AbortSignal.abort('why') }))
    t.like(aborted, { code: 'ERR_HATCHERY_TASK_CANCELLED', name: 'AbortError', cause: 'why' })
    t.is(pool.runSync(1, { signal: new AbortController().signal }), 1)
    t.is(pool.stats().submitted, 1)
    const closing = pool.close()
    t.is(codeOf({}), 'ERR_HATCHERY_POOL_CLOSED')
    await closing
    t.is(codeOf({}), 'ERR_HATCHERY_POOL_CLOSED')
  }),
)

testEach('workers that cannot start: the reason is thrown', async (t, startMethod) => {
  const options = { filename, startMethod, execArgv: ['--no-such-flag'], stdio: 'ignore' } as const
  const pool = new Pool(options)
  const failed = rejection(pool.ready)
  const error = thrownBy(() => pool.runSync(1))
  t.true(error instanceof HatcheryError)
  const reason = await failed
  t.is(error.code, reason.code)
  t.is(error.message, reason.message)
  t.is(thrownBy(() => pool.runSync(1)).code, reason.code)
  await pool.close()
})

testEach('a preload that throws: its error is thrown', async (t, startMethod) => {
  const preload = [new URL('../fork/fixtures/preload-throws.js', import.meta.url)]
  const pool = new Pool({ filename, startMethod, preload, stdio: 'ignore' })
  const error = thrownBy(() => pool.runSync(1))
  t.regex(error.code, /^ERR_HATCHERY_(?:PRELOAD_FAILED|POOL_FAILED|WORKER_START_FAILED)$/)
  t.true(error.message.includes(fileURLToPath(preload[0]!)) || error.cause !== undefined)
  await pool.destroy()
})

testEach('timeout limits the whole call, also while the task waits for others', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 20 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const error = thrownBy(() => pool.runSync(3, { name: 'square', timeout: 80 }))
    t.true(error instanceof HatcheryError)
    t.like(error as HatcheryError, { code: 'ERR_HATCHERY_TASK_TIMEOUT', timeout: 80 })
    gate.open()
    await held
    t.is(pool.runSync(3, { name: 'square', timeout: 5000 }), 9)
  }),
)
