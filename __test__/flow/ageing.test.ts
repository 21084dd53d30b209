/** Priorities under a stream of higher ones that does not end. */
import type { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, withPool } from '../helpers/pool.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

/** Keeps `width` tasks of high priority under way until it is stopped. */
class Stream {
  done = 0
  #going = true
  readonly #lanes: Promise<void>[]

  constructor(pool: Pool, width: number) {
    this.#lanes = Array.from({ length: width }, async () => {
      while (this.#going) {
        // Long enough for the queue to be there always.
        await pool.run(1, { name: 'spin', priority: 'high' })
        this.done++
      }
    })
  }

  /** Until so many more have been done. */
  async passes(count: number): Promise<void> {
    const end = this.done + count
    while (this.done < end) await new Promise((resolve) => setImmediate(resolve))
  }

  async stop(): Promise<void> {
    this.#going = false
    await Promise.all(this.#lanes)
  }
}

testEach('low and normal tasks are done under a stream of high ones, and these stay ahead', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 1, maxWorkers: 1, ageing: 50 }, async (pool) => {
    const stream = new Stream(pool, 20)
    await stream.passes(20)
    const begun = stream.done
    const order: string[] = []
    const runs = Array.from({ length: 10 }, (_, index) => [
      pool.run(index, { priority: 'low' }).then(() => order.push('low')),
      pool.run(index, { priority: 'normal' }).then(() => order.push('normal')),
    ]).flat()
    await Promise.all(runs)
    t.true(stream.done - begun > 5 * runs.length, `${stream.done - begun} high ones beside ${runs.length}`)
    t.is(order.filter((name) => name === 'low').length, 10)
    await stream.stop()
  }),
)

testOnce('without ageing priorities are strict, with it they are not for ever', async (t) => {
  /** High tasks that were done when the low one was, which had come first. */
  const doneBefore = (ageing: number): Promise<number> =>
    withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, ageing }, async (pool) => {
      using gate = new Gate()
      const held = pool.run(gate.path, { name: 'gate' })
      await gate.entered()
      let done = 0
      const low = pool.run(1, { priority: 'low' }).then(() => done)
      const high = Array.from({ length: 300 }, () => pool.run(1, { name: 'spin', priority: 'high' }).then(() => done++))
      gate.open()
      await Promise.all([held, ...high])
      return low
    })
  t.is(await doneBefore(Infinity), 300)
  const aged = await doneBefore(20)
  t.true(aged >= 16 && aged < 300, `after ${aged} of 300`)
})

testOnce('waits are told by priority', (t) =>
  withPool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const low = pool.run(1, { priority: 'low' })
    await new Promise((resolve) => setImmediate(resolve))
    const { waits, queues } = pool.stats()
    t.deepEqual(queues, { high: 0, normal: 0, low: 1 })
    t.true(waits!.low > 0)
    t.is(waits!.high, 0)
    gate.open()
    await Promise.all([held, low])
  }),
)
