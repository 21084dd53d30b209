/** What a stream yields: all of it, in order, and never more than is wanted. */
import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Streams from './fixtures/streams.js'

watchForLeaks()

const filename = new URL('./fixtures/streams.js', import.meta.url)

const numbers = (limit: number) => Array.from({ length: limit }, (_, index) => index)

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

testEach(
  'a hundred thousand items come whole and in order, from either kind of generator',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
      for (const name of ['count', 'countAtOnce']) {
        let expected = 0
        for await (const item of pool.stream<number>(100_000, { name, highWaterMark: 128 })) {
          if (item !== expected) t.fail(`${item} where ${expected} was to come`)
          expected++
        }
        t.is(expected, 100_000)
      }
      t.is(pool.pending, 0)
    }),
  60_000,
)

testEach('the value of the last result is what the generator returns, once', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const stream = pool.stream<number, string>(1, { name: 'count' })
    t.deepEqual(await stream.next(), { done: false, value: 0 })
    t.deepEqual(await stream.next(), { done: true, value: '1 in all' })
    t.deepEqual(await stream.next(), { done: true, value: undefined as never })
    const asked = pool.stream<number, string>(2, { name: 'countAtOnce' })
    t.deepEqual(await Promise.all([asked.next(), asked.next(), asked.next(), asked.next()]), [
      { done: false, value: 0 },
      { done: false, value: 1 },
      { done: true, value: '2 in all' },
      { done: true, value: undefined as never },
    ])
  }),
)

testEach('whatever can be iterated is a stream', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Streams>()
    t.deepEqual(await collect(tasks.promises.stream(5)), numbers(5))
    t.deepEqual(await collect(tasks.list.stream()), ['a', 'b', 'c'])
    t.deepEqual(await tasks.list(), ['a', 'b', 'c'])
    t.deepEqual(await collect(tasks.later.stream(50)), numbers(50))
    t.deepEqual(await collect(tasks.webStream.stream(50)), numbers(50))
    t.deepEqual(await collect(tasks.nodeStream.stream(50)), numbers(50))
    t.deepEqual(await collect(tasks.count.stream(0)), [])
    t.deepEqual(await collect(tasks.mixture.stream()), [undefined, { deep: [1n, new Date(5)] }, new Map([['key', 1]])])
    t.deepEqual(await collect(tasks.count.with({ highWaterMark: 1, priority: 'high' }).stream(50)), numbers(50))
  }),
)

testEach('large items, inline, in blocks and in memory of their own', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const sizes = [1, 80, 100, 5_000, 100_000, 1 << 20, 10, 1 << 20, 20 << 20, 3, ...numbers(60).map(() => 1 << 20)]
    let index = 0
    for await (const item of pool.stream<Buffer>(sizes, { name: 'large' })) {
      t.is(item.length, sizes[index]!)
      t.true(item[0] === index && item.at(-1) === index, `item ${index} is not what was sent`)
      index++
    }
    t.is(index, sizes.length)
  }),
)

testEach('the generator is never further ahead than the high water mark', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 2 }, async (pool) => {
    // The other place of the worker: what it runs comes after what the generator could do meanwhile.
    const fence = () => pool.run(0)
    for (const highWaterMark of [1, 2, 5, 16, 50]) {
      let made = 0
      let taken = 0
      let most = 0
      const onProgress = (index: number) => {
        made = index
        most = Math.max(most, made - taken)
      }
      const stream = pool.stream<number>(200, { name: 'counted', highWaterMark, onProgress })
      t.is(pool.pending, 0, 'nothing runs before the first next()')
      for await (const item of stream) {
        t.is(item, taken + 1)
        taken++
        if (taken === 1 || taken % 50 === 0) {
          // As far as it gets without the consumer: half a window of what was taken may not be granted yet.
          const least = Math.min(200, taken + Math.ceil(highWaterMark / 2))
          await until(() => made >= least, 5_000, `it makes ${least} items`)
          for (let round = 0; round < 5; round++) await fence()
        }
      }
      t.is(taken, 200)
      // An item counts as taken a moment after it was handed out.
      t.true(most <= highWaterMark + 1, `${most} ahead with a high water mark of ${highWaterMark}`)
      t.true(most >= Math.ceil(highWaterMark / 2), `only ${most} ahead with a high water mark of ${highWaterMark}`)
    }
  }),
)

testEach('each of several streams of one worker knows who it is, to the end', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1, concurrency: 4 }, async (pool) => {
    const note = gate.note('ids')
    const ids = await Promise.all(
      numbers(4).map(async () => {
        const seen: string[] = []
        for await (const id of pool.stream<string>(note, { name: 'identity', highWaterMark: 2 })) {
          if (seen.push(id) === 20) break
        }
        t.is(new Set(seen).size, 1)
        return seen[0]!
      }),
    )
    t.is(new Set(ids).size, 4)
    const read = () => (existsSync(note) ? readFileSync(note, 'utf8').trim().split('\n') : [])
    await until(() => read().length === 4, 5_000, 'all have ended')
    t.deepEqual(read().sort(), ids.sort())
  })
})

testEach('what the host says while the worker waits for a payload is heard', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1, concurrency: 2 }, async (pool) => {
    // Quick tasks make the pool place tasks ahead.
    for (let round = 0; round < 5; round++) await Promise.all(numbers(1000).map((index) => pool.run(index)))
    let made = 0
    const onProgress = (index: number) => {
      made = index
    }
    const stream = pool.stream<number>(100, { name: 'counted', highWaterMark: 1, onProgress })
    t.is((await stream.next()).value, 1)
    await until(() => made === 2, 5_000, 'the second item is there')
    const gated = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    // Into its ring goes a task whose argument takes memory of its own, into its socket that memory and a credit. It
    // reads both while it is at the task.
    const big = Buffer.alloc(9 << 20, 1)
    const length = pool.run<number>(big, { name: 'lengthOf' })
    t.is((await stream.next()).value, 2)
    gate.open()
    await gated
    t.is(await length, big.length)
    t.is((await stream.next()).value, 3)
    await stream.return()
  })
})

testOnce('a stream is what ReadableStream.from and Readable.from take', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    t.deepEqual(await collect(ReadableStream.from(pool.stream<number>(40, { name: 'count' }))), numbers(40))
    t.deepEqual(await collect(Readable.from(pool.stream<number>(40, { name: 'count' }))), numbers(40))
  }),
)

testOnce('options are checked by the call', async (t) => {
  await withPool({ filename, maxWorkers: 1 }, async (pool) => {
    for (const options of [
      { highWaterMark: 0 },
      { highWaterMark: 1.5 },
      { highWaterMark: 65_537 },
      { retries: 1 },
      { timeout: -1 },
      { hiWaterMark: 5 },
      null,
    ]) {
      const error = t.throws(() => pool.stream(1, options as never), undefined, JSON.stringify(options))
      t.is((error as { code?: string }).code, 'ERR_HATCHERY_INVALID_OPTION', JSON.stringify(options))
    }
    const missing = t.throws(() => pool.stream(1, { filename: '/not/there.js' }))
    t.is((missing as { code?: string }).code, 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND')
    const mark = rejection(pool.run(1, { highWaterMark: 5 } as never))
    t.is((await mark).code, 'ERR_HATCHERY_INVALID_OPTION')
  })
})
