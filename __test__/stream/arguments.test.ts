/** Streams as arguments: the source stays in the host and is taken from as the task asks. */
import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { move } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Streams from './fixtures/streams.js'

watchForLeaks()

const filename = new URL('./fixtures/streams.js', import.meta.url)

const numbers = (limit: number) => Array.from({ length: limit }, (_, index) => index)

/** A source that tells how far it was taken from, and whether it was told to end. */
class Watched {
  taken = 0
  ended = false

  async *count(limit = Number.POSITIVE_INFINITY): AsyncGenerator<number> {
    try {
      for (let index = 0; index < limit; index++) {
        this.taken++
        yield index
      }
    } finally {
      this.ended = true
    }
  }

  *countAtOnce(limit = Number.POSITIVE_INFINITY): Generator<number> {
    try {
      for (let index = 0; index < limit; index++) {
        this.taken++
        yield index
      }
    } finally {
      this.ended = true
    }
  }
}

testEach('every kind of source', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const { collect } = pool.tasks<typeof Streams>()
    const expected = numbers(100)
    t.deepEqual(await collect(new Watched().count(100)), expected)
    t.deepEqual(await collect(ReadableStream.from(expected)), expected)
    t.deepEqual(await collect(Readable.from(expected)), expected)
    t.deepEqual(await collect({ [Symbol.asyncIterator]: () => new Watched().count(100) }), expected)
    const run = (source: unknown) => pool.run<unknown[]>(source, { name: 'collect' })
    t.deepEqual(await run(new Watched().countAtOnce(100)), expected)
    t.deepEqual(await run(expected.values()), expected)
    t.deepEqual(await run(new Map([[1, 2]]).entries()), [[1, 2]])
    t.deepEqual(await run(expected.map((value) => Promise.resolve(value)).values()), expected)
    t.deepEqual(await run(new Watched().count(0)), [])
    t.deepEqual(await run(new Watched().countAtOnce(0)), [])
    const values = [undefined, null, { a: [1n] }, new Map([['k', 'v']]), 'x'.repeat(100_000), Buffer.from('b')]
    t.deepEqual(await run(values.values()), values)
    // What can be iterated again and again is data.
    t.deepEqual(await pool.run(new Set([1, 2])), new Set([1, 2]))
    t.deepEqual(await pool.run([1, 2]), [1, 2])
  }),
)

testEach(
  'fifty thousand items, and two streams among other arguments',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
      const tasks = pool.tasks<typeof Streams>()
      t.is(await tasks.sum(new Watched().count(50_000)), (50_000 * 49_999) / 2)
      const letters = async function* () {
        yield* ['a', 'b', 'c']
      }
      t.deepEqual(await tasks.zip(letters(), '-', new Watched().count(3)), ['a-0', 'b-1', 'c-2'])
    }),
  60_000,
)

testEach('large items, and small ones among them', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const sizes = numbers(60).map((index) => [1, 100, 16_383, 16_384, 70_000, 1 << 20][index % 6]!)
    const source = sizes.map((size, index) => Buffer.alloc(size, index))
    t.deepEqual(await pool.run(source.values(), { name: 'sizes' }), sizes)
  }),
)

testEach('a worker that does not look finds everything in order when it does', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    let taken = 0
    const sizes = numbers(64).map(() => 16_000)
    const source = async function* () {
      for (const [index, size] of sizes.entries()) {
        taken++
        yield Buffer.alloc(size, index)
      }
    }
    const { busyReader } = pool.tasks<typeof Streams>()
    const result = busyReader(source(), gate.path)
    await gate.entered()
    // The socket holds less than the window, which holds less than the source.
    let before = -1
    await until(
      () => {
        const still = taken > 2 && taken === before
        before = taken
        return still
      },
      5_000,
      'no more is taken',
    )
    t.true(taken < 20, `${taken} items were taken for a worker that does not look`)
    gate.open()
    t.deepEqual(await result, sizes)
    t.is(taken, 64)
  })
})

testEach('no more is taken from the source than the task asks for', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const source = new Watched()
    t.is(await pool.run(source.count(), { name: 'firstOf' }), 0)
    await until(() => source.ended, 5_000, 'the source has ended')
    t.true(source.taken <= 17, `${source.taken} were taken`)
    const unread = new Watched()
    t.is(await pool.run(unread.count(), { name: 'neverLooks' }), 'not interested')
    t.is(unread.taken, 0)
    const web = new ReadableStream({ pull: (controller) => controller.enqueue(1) })
    t.is(await pool.run(web, { name: 'neverLooks' }), 'not interested')
    await until(
      async () =>
        (
          await web
            .getReader()
            .read()
            .catch(() => ({ done: true }))
        ).done,
      5_000,
      'it is cancelled',
    )
    const node = new Readable({ objectMode: true, read() {} })
    t.is(await pool.run(node, { name: 'neverLooks' }), 'not interested')
    t.true(node.destroyed)
  }),
)

testEach('a task that leaves its stream and goes on ends the source', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const source = new Watched()
    const result = pool.tasks<typeof Streams>().leavesEarly(source.count(), gate.path)
    await gate.entered()
    await until(() => source.ended, 5_000, 'the source has ended while the task goes on')
    gate.open()
    t.is(await result, 0)
  })
})

testEach('the error of a source is thrown where the task waits', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const failing = async function* () {
      yield 1
      yield 2
      throw new RangeError('dry')
    }
    t.deepEqual(await pool.run(failing(), { name: 'catches' }), { seen: [1, 2], message: 'dry' })
    const error = await rejection(pool.run(failing(), { name: 'collect' }))
    t.true(error instanceof RangeError)
    t.is(error.message, 'dry')
    const web = new ReadableStream({ start: (controller) => controller.error(new Error('broken')) })
    t.deepEqual(await pool.run(web, { name: 'catches' }), { seen: [], message: 'broken' })
    const opening = {
      [Symbol.asyncIterator]() {
        throw new Error('shut')
      },
    }
    t.deepEqual(await pool.run(opening, { name: 'catches' }), { seen: [], message: 'shut' })
    let ended = false
    const functions = function* () {
      try {
        yield 1
        yield () => {}
      } finally {
        ended = true
      }
    }
    const uncloneable = await pool.run<{ seen: unknown[]; message: string }>(functions(), { name: 'catches' })
    t.deepEqual(uncloneable.seen, [1])
    t.regex(uncloneable.message, /cannot be cloned/)
    t.true(ended)
  }),
)

testEach('whatever ends the task ends its sources', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const died = new Watched()
    t.is((await rejection(pool.run(died.count(), { name: 'diesReading' }))).code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    await until(() => died.ended, 5_000, 'the source has ended')
    // Cancelled while it waits for an item: it is thrown out of its wait.
    const pid = await pool.run<number>(undefined, { name: 'pid' })
    const controller = new AbortController()
    const silent = new ReadableStream()
    const { waitsForInput } = pool.tasks<typeof Streams>()
    let waits = false
    const onProgress = () => {
      waits = true
    }
    const { signal } = controller
    const result = rejection(waitsForInput.with({ signal, onProgress })(silent, gate.note('cancelled')))
    await until(() => waits, 5_000, 'it runs')
    controller.abort()
    t.is((await result).code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(await pool.run(undefined, { name: 'pid' }), pid)
    t.is(readFileSync(gate.note('cancelled'), 'utf8'), 'AbortError')
    const timed = await rejection(waitsForInput.with({ timeout: 50 })(new ReadableStream(), gate.note('timed')))
    t.is(timed.code, 'ERR_HATCHERY_TASK_TIMEOUT')
    const unknown = new Watched()
    const missing = await rejection(pool.run(unknown.countAtOnce(), { name: 'missing' }))
    t.is(missing.code, 'ERR_HATCHERY_TASK_UNKNOWN')
    const left = new Watched()
    void rejection(waitsForInput(left.count(), gate.note('left')))
    await until(() => left.taken > 0, 5_000, 'it reads')
    await pool.destroy()
    await until(() => left.ended, 5_000, 'the source has ended')
  })
})

testEach('a stream in, a stream out', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const { doubled } = pool.tasks<typeof Streams>()
    let expected = 0
    const stream = doubled.stream(new Watched().count(5_000))
    for (;;) {
      const step = await stream.next()
      if (step.done === true) {
        t.is(step.value, 'done')
        break
      }
      if (step.value !== expected * 2) t.fail(`${step.value} where ${expected * 2} was to come`)
      expected++
    }
    t.is(expected, 5_000)
    // One behind the other, over two workers.
    const chain = doubled.stream(doubled.stream(new Watched().count(1_000)))
    let seen = 0
    for await (const item of chain) if (item !== 4 * seen++) t.fail(String(item))
    t.is(seen, 1_000)
    const source = new Watched()
    for await (const item of doubled.stream(source.count(), gate.note('left'))) if (item === 100) break
    await until(() => source.ended, 5_000, 'the source has ended')
    await until(() => existsSync(gate.note('left')), 5_000, 'the generator has ended')
    const unbegun = new Watched()
    const items = unbegun.countAtOnce()
    await doubled.stream(items).return()
    t.is(unbegun.taken, 0)
    t.true(items.next().done, 'the source has ended')
  })
})

testOnce('a task with streams is never tried again, and says so', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const source = new Watched()
    const error = await rejection(pool.run(source.count(), { name: 'collect', retries: 1 }))
    t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
    t.regex(error.message, /retries/)
    const call = pool.tasks<typeof Streams>().collect.with({ retries: 1 })(source.count())
    t.is((await rejection(call)).code, 'ERR_HATCHERY_INVALID_OPTION')
    t.is(source.taken, 0)
  }),
)

testOnce('a source whose argument list cannot be cloned is told to end', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const node = new Readable({ read() {} })
    const error = await rejection(pool.tasks()['collect']!(node, () => {}))
    t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
    t.true(node.destroyed)
  }),
)

testEach('memory of pool.alloc() goes along as a handle, in the items of an argument as well', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Streams>()
    using bytes = pool.alloc(1 << 20)
    using other = pool.alloc(100_000)
    const items: Uint8Array[] = []
    for await (const item of tasks.passes.stream(bytes, [other].values())) items.push(item)
    t.is(items.length, 2)
    t.is(items[0]!.buffer, bytes.buffer)
    t.is(bytes[0], 7)
    t.is(items[1]!.buffer, other.buffer)
    t.is(other[0], 9)
    const given: unknown[] = []
    for await (const item of tasks.gives.stream()) given.push(item)
    t.deepEqual(given, [new Uint8Array(1000).fill(1), 0])
    // What is moved is gone here.
    const moved = new Uint8Array(50_000).fill(3)
    const source = function* () {
      yield move(moved)
    }
    t.deepEqual(await tasks.collect(source()), [new Uint8Array(50_000).fill(3)])
    t.is(moved.length, 0)
  }),
)

testEach('a source that gives no result fails its task, and nothing beside it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 4 }, async (pool) => {
    const broken = { [Symbol.asyncIterator]: () => ({ next: () => undefined as never }) }
    const failed = rejection(pool.run(broken as AsyncIterable<number>, { name: 'sum' }))
    const others = numbers(200).map((index) => pool.run(index))
    t.true((await failed) instanceof TypeError)
    t.deepEqual(await Promise.all(others), numbers(200))
  }),
)
