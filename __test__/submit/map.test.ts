/** pool.map: results of many items, in order or as they come. */
import process from 'node:process'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const errors = new URL('./fixtures/errors.js', import.meta.url)

const range = (count: number) => Array.from({ length: count }, (_, index) => index)

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const results: T[] = []
  for await (const result of iterable) results.push(result)
  return results
}

testEach('in order, whatever the tasks take', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const items = range(300).map((value) => ({ value, turns: (value * 7) % 11 }))
    t.deepEqual(await collect(pool.map(items, { name: 'slowEcho' })), range(300))
    t.deepEqual(await collect(pool.map([])), [])
  }),
)

testEach('as completed: a slow item holds up no other', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    using gate = new Gate()
    const items = range(50)
    // The first item waits at the gate until all others have come out.
    const results: unknown[] = []
    const paths = [gate.path, ...items.map(String)]
    for await (const result of pool.map(paths, { filename: mapFixture, name: 'gateOrEcho', ordered: false })) {
      results.push(result)
      if (results.length === items.length) gate.open()
    }
    t.is(results.at(-1), gate.path)
    t.deepEqual(
      results
        .slice(0, -1)
        .map(Number)
        .sort((left, right) => left - right),
      items,
    )
  }),
)

const mapFixture = new URL('./fixtures/map.js', import.meta.url)

for (const ordered of [true, false]) {
  testEach(`pulls no more than its concurrency ahead, ${ordered ? 'ordered' : 'as completed'}`, (t, startMethod) =>
    withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
      let pulled = 0
      let handedOut = 0
      let most = 0
      function* endless(): Generator<number> {
        for (;;) {
          most = Math.max(most, ++pulled - handedOut)
          yield pulled
        }
      }
      const results: number[] = []
      for await (const result of pool.map<number, number>(endless(), { concurrency: 5, ordered })) {
        handedOut++
        results.push(result)
        if (results.length === 200) break
      }
      // One more than five: the result that is on its way to the loop makes room for the next item.
      t.is(most, 6)
      t.true(pulled <= 206, `${pulled} pulled`)
      t.is(new Set(results).size, 200)
      await until(() => pool.pending === 0, 5_000, 'nothing is pending')
    }),
  )
}

testEach('an asynchronous source', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    async function* source() {
      for (const value of range(50)) {
        await new Promise((resolve) => setImmediate(resolve))
        yield value
      }
    }
    t.deepEqual(await collect(pool.map(source())), range(50))
  }),
)

testEach('leaving the loop closes the source and cancels what is in flight', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, killGrace: 10 }, async (pool) => {
    let closed = false
    function* source() {
      try {
        for (const value of range(1_000)) yield value
      } finally {
        closed = true
      }
    }
    for await (const result of pool.map(source(), { concurrency: 8 })) {
      t.is(result, 0)
      break
    }
    t.true(closed)
    await until(() => pool.pending === 0, 5_000, 'nothing is pending')
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('the first rejection ends the iteration and cancels the rest', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const iterator = pool.map(['first', 'second', 'third'], { filename: errors, name: 'throwsValue' })
    await t.throwsAsync(
      async () => {
        await iterator.next().catch((reason) => {
          throw new Error(String(reason))
        })
      },
      { message: 'first' },
    )
    t.deepEqual(await iterator.next(), { done: true, value: undefined })
    await until(() => pool.pending === 0, 5_000, 'nothing is pending')
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('an error of the source comes after the results before it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    function* source() {
      yield 1
      yield 2
      throw new Error('source')
    }
    const results: number[] = []
    await t.throwsAsync(
      async () => {
        for await (const result of pool.map<number, number>(source())) results.push(result)
      },
      { message: 'source' },
    )
    t.deepEqual(results, [1, 2])
  }),
)

testEach('a signal ends the iteration', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const controller = new AbortController()
    const reason = new Error('enough')
    let count = 0
    const error = await t.throwsAsync(
      async () => {
        for await (const _ of pool.map(range(1_000), { signal: controller.signal, concurrency: 4 })) {
          if (++count === 3) controller.abort(reason)
        }
      },
      { code: 'ERR_HATCHERY_TASK_CANCELLED' },
    )
    t.is(error?.cause, reason)
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('bad options and a source that is none throw at the call', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const code = 'ERR_HATCHERY_INVALID_OPTION'
    t.throws(() => pool.map([1], { concurrency: 0 }), { code })
    t.throws(() => pool.map([1], { ordered: 'yes' as unknown as boolean }), { code })
    t.throws(() => pool.map(5 as unknown as number[]), { code })
    t.is(await pool.run('next'), 'next')
  }),
)

testEach('many items in flight cause no warning of Node', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const warnings: string[] = []
    const listen = (warning: Error) => warnings.push(warning.message)
    process.on('warning', listen)
    t.deepEqual(await collect(pool.map(range(100), { concurrency: 100 })), range(100))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    t.deepEqual(warnings, [])
  }),
)
