/** Handles that nobody has any more: V8 knows neither that they take descriptors nor that the pool's memory runs out. */
import { setImmediate as turnOfLoop } from 'node:timers/promises'
import type { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/segments.js'

watchForLeaks()

const filename = new URL('./fixtures/segments.js', import.meta.url)

/** A function of its own, so that no variable of the caller keeps anything. */
function waste(pool: Pool, bytes: number): void {
  pool.alloc(bytes)[0] = 1
}

/** Waits until so many segments are held. */
async function segmentsAre(pool: Pool, count: number): Promise<void> {
  await until(() => pool.stats().segments === count, 10_000, `${count} segments are held, and not more`)
}

testEach('a worker at leisure lets go of what it has no more use for', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (let round = 0; round < 2; round++) {
      {
        using large = pool.alloc(512 << 20)
        await tasks.sum(large.subarray(0, 10))
      }
      await segmentsAre(pool, 0)
    }
    t.is(pool.stats().sharedMemoryUsed, 0)
  }),
)

testOnce('a worker that is given many segments in a row lets go of them meanwhile', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    let most = 0
    for (let index = 0; index < 2000; index++) {
      using small = pool.alloc(64)
      await tasks.sum(small)
      most = Math.max(most, pool.stats().segments)
    }
    t.true(most < 1000, `at most ${most} segments were held at a time`)
    await segmentsAre(pool, 0)
  }),
)

testOnce('memory that is only garbage any more does not count when there is none left', (t) =>
  withPool({ filename, maxWorkers: 1, maxSharedMemory: 1 << 30, sharedMemoryPolicy: 'reject' }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (let round = 0; round < 10; round++) {
      // What a weak reference has seen in one turn of the event loop lives as long as that.
      await turnOfLoop()
      waste(pool, 1023 << 20)
    }
    await turnOfLoop()
    t.is(await tasks.sum(Buffer.alloc(2_000_000, 1)), 2_000_000, 'nor for a task that has no other place')
  }),
)

testOnce('large segments one after the other fit where two at a time do', (t) =>
  withPool({ filename, maxWorkers: 1, maxSharedMemory: 1 << 30 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (let round = 0; round < 6; round++) {
      using frame = pool.alloc(400 << 20)
      frame[0] = round
      t.is(await tasks.sum(frame.subarray(0, 10)), round)
    }
  }),
)

testOnce('a worker does not let go of what it is just being given again', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const blocks = Array.from({ length: 64 }, () => pool.alloc(64))
    await tasks.default(blocks)
    // The first of these is one too many, and has those collected that come behind it.
    blocks.unshift(pool.alloc(64))
    for (const [index, bytes] of blocks.entries()) bytes[0] = index
    await tasks.keep(blocks)
    for (const bytes of blocks) bytes[Symbol.dispose]()
    for (let round = 0; round < 10; round++) await tasks.default(round)
    t.is(pool.stats().segments, 65)
    const [back] = (await tasks.takeKept()) as [(Uint8Array & Disposable)[]]
    t.deepEqual(
      back.map((bytes) => bytes[0]),
      back.map((_, index) => index),
    )
    for (const bytes of back) bytes[Symbol.dispose]()
    await segmentsAre(pool, 0)
  }),
)
