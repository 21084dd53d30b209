/** Transitions of tasks, workers and pools on channels of node:diagnostics_channel. */
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import test from 'ava'
import type { ChannelMessages, TaskMessage } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const one = { filename, maxWorkers: 1 }

type Name = keyof ChannelMessages

/** What was published on some channels, in order, until it is disposed of. */
class Record implements Disposable {
  readonly all: { readonly name: Name; readonly message: any }[] = []
  readonly #listeners = new Map<Name, (message: unknown) => void>()

  constructor(...names: Name[]) {
    for (const name of names) {
      const listener = (message: unknown) => {
        // As it is now: the message of a task is filled in later.
        this.all.push({ name, message: { ...(message as object) } })
      }
      this.#listeners.set(name, listener)
      subscribe(name, listener)
    }
  }

  get names(): string[] {
    return this.all.map(({ name }) => name.slice(name.lastIndexOf(':') + 1))
  }

  of<N extends Name>(name: N): ChannelMessages[N][] {
    return this.all.filter((one) => one.name === name).map(({ message }) => message)
  }

  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) unsubscribe(name, listener)
  }
}

const TASK = ['queued', 'running', 'retried', 'completed', 'failed', 'cancelled'].map(
  (name) => `hatchery:task:${name}` as Name,
)

testEach('a task is queued, running, and completed, and its message says where', (t, startMethod) =>
  withPool({ ...one, startMethod, name: 'identify' }, async (pool) => {
    using record = new Record(...TASK)
    const identity: any = await pool.run(undefined, { priority: 'low', id: 'mine' })
    t.deepEqual(record.names, ['queued', 'running', 'completed'])
    const [queued] = record.of('hatchery:task:queued')
    t.is(queued!.pool, pool)
    t.like(queued, { call: 'run', name: 'identify', priority: 'low', id: 'mine', attempt: 0, taskId: undefined })
    const [running] = record.of('hatchery:task:running')
    t.like(running, { taskId: identity.id, workerId: identity.workerId, pid: identity.pid, attempt: 1 })
    const [completed] = record.of('hatchery:task:completed')
    t.deepEqual(completed!.result, identity)
    t.true(queued!.submittedAt <= running!.startedAt!)
    t.true(running!.startedAt! <= completed!.settledAt!)
  }),
)

testOnce('a task that runs is told of while it runs', (t) =>
  withPool(one, async (pool) => {
    using record = new Record(...TASK)
    using gate = new Gate()
    const task = pool.run(gate.path, { name: 'wait' })
    await gate.entered()
    await until(() => record.names.includes('running'), 10_000, 'it is said to run')
    t.deepEqual(record.names, ['queued', 'running'])
    gate.open()
    await task
    t.deepEqual(record.names, ['queued', 'running', 'completed'])
  }),
)

testOnce('failures, retries and cancellations have channels of their own', (t) =>
  withPool({ ...one, retryBackoff: { initial: 1 } }, async (pool) => {
    const lives: string[][] = []
    const live = async (run: () => Promise<unknown>) => {
      using record = new Record(...TASK)
      const error = await rejection(run())
      t.is((record.all.at(-1)!.message as TaskMessage).error, error)
      lives.push(record.names)
    }
    await live(() => pool.run(undefined, { name: 'fail' }))
    await live(() => pool.run(undefined, { name: 'fail', retries: 1, retryErrors: true }))
    await live(() => pool.run(undefined, { name: 'missing' }))
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'wait' })
    await gate.entered()
    await live(() => {
      const waits = pool.run(undefined, { name: 'look', id: 'waits' })
      pool.cancel('waits', 'not wanted')
      return waits
    })
    gate.open()
    await held
    t.deepEqual(lives, [
      ['queued', 'running', 'failed'],
      ['queued', 'running', 'retried', 'running', 'failed'],
      ['queued', 'running', 'failed'],
      ['queued', 'cancelled'],
    ])
    using record = new Record('hatchery:task:retried', 'hatchery:task:completed')
    t.is(await pool.run(undefined, { name: 'dieOnce', retries: 2 }), 2)
    const [retried] = record.of('hatchery:task:retried')
    t.like(retried!.retry, { code: 'ERR_HATCHERY_WORKER_SIGNALLED', attempt: 1, workerId: retried!.workerId })
    t.true(retried!.retry!.delay > 0)
    const [completed] = record.of('hatchery:task:completed')
    t.is(completed!.attempt, 2)
    t.not(completed!.workerId, retried!.workerId)
  }),
)

testOnce('the tracing channel surrounds each task, of whichever call, as tracePromise does', (t) =>
  withPool(one, async (pool) => {
    const seen: string[] = []
    const messages = new Set<unknown>()
    const note = (event: string) => (message: any) => {
      messages.add(message)
      seen.push(`${message.call} ${event}`)
    }
    const listeners = {
      start: note('start'),
      end: note('end'),
      asyncStart: note('asyncStart'),
      asyncEnd: note('asyncEnd'),
      error: note('error'),
    }
    const channel = tracingChannel('hatchery:task')
    channel.subscribe(listeners)
    const eventsOf = async (run: () => unknown) => {
      seen.length = 0
      messages.clear()
      await run()
      // What comes after the caller's own continuation.
      await new Promise(setImmediate)
      t.is(messages.size, 1, 'one message, from the beginning to the end')
      return seen.map((text) => text.split(' '))
    }
    const settled = (call: string) => [
      [call, 'start'],
      [call, 'end'],
      [call, 'asyncStart'],
      [call, 'asyncEnd'],
    ]
    try {
      t.deepEqual(await eventsOf(() => pool.run(Buffer.alloc(3), { name: 'size' })), settled('run'))
      t.deepEqual(await eventsOf(() => pool.tasks().both!(1, 2)), settled('run'))
      t.deepEqual(await eventsOf(() => pool.run([1, 2].values(), { name: 'sum' })), settled('run'))
      const drain = async () => {
        for await (const _ of pool.stream(2, { name: 'count' }));
      }
      t.deepEqual(await eventsOf(drain), settled('stream'))
      t.deepEqual(await eventsOf(() => pool.runSync(Buffer.alloc(3), { name: 'size' })), [
        ['runSync', 'start'],
        ['runSync', 'end'],
      ])
      t.deepEqual(await eventsOf(() => rejection(pool.run(undefined, { name: 'fail' }))), [
        ['run', 'start'],
        ['run', 'end'],
        ['run', 'error'],
        ['run', 'asyncStart'],
        ['run', 'asyncEnd'],
      ])
      t.deepEqual(await eventsOf(() => rejection(pool.run(() => {}, { name: 'look' }))), [
        ['run', 'start'],
        ['run', 'error'],
        ['run', 'end'],
      ])
      t.is([...messages].map((message: any) => message.error.code)[0], 'ERR_HATCHERY_DATA_CLONE')
    } finally {
      channel.unsubscribe(listeners)
    }
    t.false(Object.values(channel).some((one) => one.hasSubscribers === true))
  }),
)

testOnce('workers and pools tell what becomes of them', async (t) => {
  const workers = ['started', 'ready', 'busy', 'idle', 'recycled', 'exited'].map(
    (name) => `hatchery:worker:${name}` as Name,
  )
  using record = new Record(...workers)
  using pools = new Record('hatchery:pool:ready', 'hatchery:pool:scale', 'hatchery:pool:reload', 'hatchery:pool:close')
  const pool = await withPool({ ...one, name: 'look', maxTasks: 2 }, async (pool) => {
    await pool.run()
    await pool.run()
    await until(() => record.names.includes('exited'), 10_000, 'a worker has come to its limit')
    await pool.reload()
    return pool
  })
  await until(() => pools.names.includes('close'), 10_000, 'the end is told')
  for (const { message } of [...record.all, ...pools.all]) t.is(message.pool, pool)
  const first = record.of('hatchery:worker:started')[0]!
  // It may be ready a moment before it is known which process it is.
  const [ready] = record.of('hatchery:worker:ready').filter(({ workerId }) => workerId === first.workerId)
  t.true(ready!.milliseconds > 0)
  const life = record.all.filter(
    ({ name, message }) => message.workerId === first.workerId && name !== 'hatchery:worker:ready',
  )
  for (const { message } of life) t.is(message.pid, first.pid)
  t.deepEqual(
    life.map(({ name }) => name.slice('hatchery:worker:'.length)),
    ['started', 'busy', 'idle', 'busy', 'idle', 'recycled', 'exited'],
  )
  t.is(pools.names[0], 'scale')
  for (const name of ['ready', 'reload', 'close']) t.true(pools.names.includes(name), name)
})

test.serial('with nobody listening nothing is published', async (t) => {
  await withPool(one, async (pool) => {
    const record = new Record(...TASK)
    record[Symbol.dispose]()
    await pool.run(Buffer.alloc(1), { name: 'size' })
    t.deepEqual(record.all, [])
  })
})
