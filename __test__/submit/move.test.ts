/** What is moved is gone where it came from. */
import { move } from 'hatchery'
import { Piscina } from 'hatchery/piscina'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import type * as Tasks from './fixtures/move.js'

watchForLeaks()

const filename = new URL('./fixtures/move.js', import.meta.url)

const bytes = (length: number) => new Uint8Array(length).fill(1)

testEach('move() and transferList take the memory away', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (const length of [10, 5000, 3 << 20]) {
      const moved = bytes(length)
      const sum = pool.run(move(moved))
      t.is(moved.length, 0)
      t.is(await sum, length)
      const listed = bytes(length)
      const other = pool.run(listed, { transferList: [listed.buffer] })
      t.is(listed.length, 0)
      t.is(await other, length)
      const [left, right] = [bytes(length), bytes(1)]
      t.is(await tasks.add(move(left), right), length + 1)
      t.is(left.length, 0)
      t.is(right.length, 1)
      t.is((await tasks.giveAway(length)).length, length)
      t.is(await tasks.givenLength(), 0)
    }
    const segment = pool.alloc(100)
    segment.fill(2)
    t.is(await pool.run(move(segment)), 200)
    t.is(segment.length, 0)
  }),
)

testEach('what cannot be moved is refused, and stays', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const code = 'ERR_HATCHERY_DATA_CLONE'
    const small = Buffer.from('a small Buffer in memory that it shares with others')
    t.throws(() => move(small), { code })
    t.throws(() => move({} as ArrayBuffer), { code })
    const kept = bytes(3)
    t.is((await rejection(pool.run(kept, { transferList: [new MessageChannel().port1] }))).code, code)
    t.is((await rejection(pool.run(kept, { transferList: [kept.buffer, kept.buffer] }))).code, code)
    t.is((await rejection(pool.run(kept, { transferList: 1 as never }))).code, 'ERR_HATCHERY_INVALID_OPTION')
    const uncloneable = { kept, call() {} }
    t.is((await rejection(pool.run(uncloneable, { transferList: [kept.buffer] }))).code, code)
    t.is(kept.length, 3)
    t.is(await pool.run(kept), 3)
  }),
)

testOnce('as piscina has it', async (t) => {
  const pool = new Piscina({ filename, maxThreads: 1 })
  try {
    const moved = bytes(10)
    t.is(await pool.run(Piscina.move(moved)), 10)
    t.is(moved.length, 0)
  } finally {
    await pool.destroy()
  }
})

testEach('within another value move() is refused, and nothing is lost', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const kept = bytes(3)
    t.is((await rejection(pool.run({ kept: move(kept) }))).code, 'ERR_HATCHERY_DATA_CLONE')
    t.is(kept.length, 3)
  }),
)
