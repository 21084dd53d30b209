/** How a stream ends before its time, and what becomes of its worker. */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { HatcheryError, type Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/streams.js', import.meta.url)

/** Takes items until the stream ends; what it threw, if it did. */
async function drain(stream: AsyncIterable<unknown>): Promise<{ items: unknown[]; error: any }> {
  const items: unknown[] = []
  try {
    for await (const item of stream) items.push(item)
  } catch (error) {
    return { items, error }
  }
  return { items, error: undefined }
}

const noteOf = (path: string) => until(() => existsSync(path) && readFileSync(path, 'utf8'), 5_000, 'a note is left')

/** The stream left behind has not cost the pool its worker. */
async function sameWorker(pool: Pool, pid: number): Promise<boolean> {
  return (await pool.run<number>(undefined, { name: 'pid' })) === pid
}

testEach('break runs finally blocks in the worker, which takes the next task then', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const pid = await pool.run<number>(undefined, { name: 'pid' })
    for await (const item of pool.stream<number>(gate.note('async'), { name: 'endless' })) if (item === 20) break
    t.true(await sameWorker(pool, pid))
    // The next task came after the end of the generator.
    t.is(readFileSync(gate.note('async'), 'utf8'), 'finally true true')
    for await (const item of pool.stream<number>(gate.note('sync'), { name: 'endlessAtOnce' })) if (item === 20) break
    t.true(await sameWorker(pool, pid))
    t.is(readFileSync(gate.note('sync'), 'utf8'), 'finally')
    for await (const item of pool.stream<number>(gate.note('waiting'), { name: 'waiting' })) if (item === 1) break
    t.true(await sameWorker(pool, pid))
    t.is(readFileSync(gate.note('waiting'), 'utf8'), 'finally')
    t.is(pool.pending, 0)
    t.is(pool.stats().workersCrashed, 0)
  })
})

testEach('the end of a pool waits for the finally block of a stream that was left', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for await (const item of pool.stream<number>(gate.note('end'), { name: 'endless' })) if (item === 5) break
  })
  t.is(readFileSync(gate.note('end'), 'utf8'), 'finally true true')
})

testEach('return(), throw() and disposal are as break', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const start = async (name: string) => {
      const stream = pool.stream<number, string>(gate.note(name), { name: 'endless' })
      await stream.next()
      return stream
    }
    const returned = await start('return')
    t.deepEqual(await returned.return('enough'), { done: true, value: 'enough' })
    t.deepEqual(await returned.next(), { done: true, value: undefined as never })
    await noteOf(gate.note('return'))
    const thrown = await start('throw')
    const reason = new Error('mine')
    t.is(await rejection(thrown.throw(reason)), reason)
    await noteOf(gate.note('throw'))
    {
      await using disposed = await start('dispose')
      t.deepEqual(await disposed.next(), { done: false, value: 1 })
    }
    await noteOf(gate.note('dispose'))
    // Of a call of next() that waits, too.
    const waiting = pool.stream<number>(gate.note('next'), { name: 'waiting' })
    await waiting.next()
    const pending = waiting.next()
    await waiting.return()
    t.deepEqual(await pending, { done: true, value: undefined })
    const never = pool.stream<number>(gate.note('never'), { name: 'endless' })
    await never.return()
    t.deepEqual(await never.next(), { done: true, value: undefined })
    t.false(existsSync(gate.note('never')))
  })
})

testEach('an iterator that is stuck is told to return', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const pid = await pool.run<number>(undefined, { name: 'pid' })
    let begun = false
    const onProgress = () => {
      begun = true
    }
    const stream = pool.stream<number>(gate.note('stuck'), { name: 'stuck', onProgress })
    const next = stream.next()
    await until(() => begun, 5_000, 'it runs')
    await stream.return()
    t.deepEqual(await next, { done: true, value: undefined })
    t.true(await sameWorker(pool, pid))
    t.is(await noteOf(gate.note('stuck')), 'return')
  })
})

testEach('a generator that does not hear is killed after the grace', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 50 }, async (pool) => {
    for await (const pid of pool.stream<number>(undefined, { name: 'deaf' })) {
      t.true(isAlive(pid))
      t.deepEqual(workerPids(pool), [pid])
      break
    }
    t.is(await pool.run(7), 7)
    await until(() => pool.stats().restarts.overdue === 1, 5_000, 'its worker is gone')
  }),
)

testEach('an error in the middle comes after the items before it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const { items, error } = await drain(pool.stream(5, { name: 'fails' }))
    t.deepEqual(items, [0, 1, 2, 3, 4])
    t.true(error instanceof RangeError)
    t.is(error.message, 'no more')
    t.is(error.cause, 5)
    const stream = pool.stream(0, { name: 'fails' })
    await rejection(stream.next())
    t.deepEqual(await stream.next(), { done: true, value: undefined })
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testEach('the death of the worker comes after the items before it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const { items, error } = await drain(pool.stream(12, { name: 'dies' }))
    t.deepEqual(items, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    t.is(error.signal, 'SIGKILL')
    t.is(error.taskName, 'dies')
    t.is(await pool.run(1), 1)
  }),
)

testEach('an item that cannot be cloned fails the stream and ends the generator', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const { items, error } = await drain(pool.stream(gate.note('left'), { name: 'uncloneable' }))
    t.deepEqual(items, [1])
    t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
    t.is(readFileSync(gate.note('left'), 'utf8'), 'finally')
  })
})

testEach('run and stream say which of them is meant', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (const name of ['count', 'countAtOnce']) {
      const error = await rejection(pool.run(5, { name }))
      t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
      t.regex(error.message, /pool\.stream/)
    }
    for (const value of [5, 'text', null, { a: 1 }]) {
      const { items, error } = await drain(pool.stream(value))
      t.deepEqual(items, [])
      t.is(error.code, 'ERR_HATCHERY_NOT_ITERABLE')
    }
    t.is((await drain(pool.stream(5, { name: 'missing' }))).error.code, 'ERR_HATCHERY_TASK_UNKNOWN')
    t.is((await drain(pool.stream(() => {}))).error.code, 'ERR_HATCHERY_DATA_CLONE')
  }),
)

testEach('a signal rejects what waits, and ends the generator', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const pid = await pool.run<number>(undefined, { name: 'pid' })
    const controller = new AbortController()
    const { signal } = controller
    const stream = pool.stream<number>(gate.note('abort'), { name: 'waiting', signal })
    t.deepEqual(await stream.next(), { done: false, value: 1 })
    const next = stream.next()
    const reason = new Error('enough')
    controller.abort(reason)
    const error = await rejection(next)
    t.is(error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(error.name, 'AbortError')
    t.is(error.cause, reason)
    t.deepEqual(await stream.next(), { done: true, value: undefined })
    t.true(await sameWorker(pool, pid))
    t.is(readFileSync(gate.note('abort'), 'utf8'), 'finally')
    // What waits in the host is dropped.
    const second = new AbortController()
    let made = 0
    const onProgress = (index: number) => {
      made = index
    }
    const counted = pool.stream<number>(100, { name: 'counted', signal: second.signal, onProgress })
    await counted.next()
    await until(() => made === 16, 5_000, 'the window is full')
    second.abort()
    t.is((await rejection(counted.next())).code, 'ERR_HATCHERY_TASK_CANCELLED')
    const late = await drain(pool.stream(1, { name: 'count', signal }))
    t.is(late.error.code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(late.error.cause, reason)
  })
})

testEach('a time limit is that of the whole stream', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const begin = performance.now()
    const { items, error } = await drain(pool.stream(gate.note('time'), { name: 'waiting', timeout: 500 }))
    t.deepEqual(items, [1])
    t.is(error.code, 'ERR_HATCHERY_TASK_TIMEOUT')
    t.is(error.timeout, 500)
    t.true(performance.now() - begin >= 490)
    t.is(await noteOf(gate.note('time')), 'finally')
    // A consumer that takes its time uses it up as well.
    const slow = pool.stream<number>(gate.note('slow'), { name: 'endless', timeout: 150 })
    const taken = async () => {
      for await (const _ of slow) await delay(5)
    }
    t.is((await rejection(taken())).code, 'ERR_HATCHERY_TASK_TIMEOUT')
  })
})

testEach('close() lets a stream that is consumed come to its end', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const stream = pool.stream<number>(500, { name: 'count' })
    await stream.next()
    const closed = pool.close()
    const { items, error } = await drain(stream)
    t.is(error, undefined)
    t.is(items.length, 499)
    await closed
    const late = await drain(pool.stream(1, { name: 'count' }))
    t.is(late.error.code, 'ERR_HATCHERY_POOL_CLOSED')
  }),
)

testEach('destroy() ends it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const stream = pool.stream<number>(100_000, { name: 'count' })
    await stream.next()
    const destroyed = pool.destroy()
    const { items, error } = await drain(stream)
    t.is(error.code, 'ERR_HATCHERY_POOL_CLOSED')
    t.true(items.length <= 16)
    await destroyed
  }),
)

testOnce('many streams begun and left leave nothing behind', (t) =>
  withPool({ filename, minWorkers: 2, maxWorkers: 2, concurrency: 4 }, async (pool) => {
    const one = async (index: number) => {
      let seen = 0
      for await (const item of pool.stream<number>(1000, { name: 'count' })) {
        t.is(item, seen++)
        if (seen > index % 30) break
      }
    }
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, (_, index) => one(index)))
    await until(() => pool.pending === 0, 5_000, 'all have settled')
    t.is(pool.stats().workersCrashed, 0)
    t.is(await pool.run(5), 5)
  }),
)
