/** Large arguments: a worker looks at them where they came, as long as it has a use for them. */
import { tagOfBytes } from '../../src/codec/index.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, withPool } from '../helpers/pool.js'
import type * as Tasks from './fixtures/large.js'

watchForLeaks()

const filename = new URL('./fixtures/large.js', import.meta.url)

/** The smallest of which that is true, about. */
const LENGTH = 136 * 1024

testEach('what a task writes to its argument is seen by no other task and not by the host', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    for (const length of [LENGTH, 1 << 20]) {
      const bytes = Buffer.alloc(length, 7)
      const calls = Array.from({ length: 50 }, () => tasks.overwrite(bytes))
      for (const ends of await Promise.all(calls)) t.deepEqual(ends, [7, 7])
      t.true(bytes.every((byte) => byte === 7))
    }
  }),
)

testOnce(
  'a Buffer on memory that other threads may write to is read by JavaScript, and not by native code',
  async (t) => {
    const shared = Buffer.from(new SharedArrayBuffer(1 << 20)).fill(7)
    t.is(tagOfBytes(shared), 0)
    t.not(tagOfBytes(Buffer.from(shared)), 0)
    await withPool({ filename, maxWorkers: 1 }, async (pool) => {
      const back = await pool.tasks<typeof Tasks>().echo(shared)
      t.true(shared.equals(back as Buffer))
    })
  },
)

testEach('a task that is tried again gets the bytes that were sent', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const bytes = new Uint8Array(1 << 20).fill(7)
    t.deepEqual(await pool.run(bytes, { name: 'overwriteAndDie', retries: 1 }), [7, 7])
  }),
)

testEach('a thousand arguments that a module keeps stay what they were, and take no memory from others', (t, method) =>
  withPool({ filename, startMethod: method, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const numbers = Array.from({ length: 1000 }, (_, index) => index)
    for await (const _ of pool.map(
      numbers.map((number) => Buffer.alloc(LENGTH, number % 251)),
      { name: 'keep', concurrency: 8 },
    ));
    const large = Buffer.alloc(1 << 20, 3)
    for (const back of await Promise.all(numbers.slice(0, 30).map(() => tasks.echo(large)))) {
      t.true(large.equals(back as Buffer))
    }
    t.deepEqual(await tasks.damaged(), [])
  }),
)

testEach('an argument is memory like any other', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const views = [
      Buffer.alloc(LENGTH),
      new Uint8Array(LENGTH),
      new Float64Array(LENGTH / 8),
      new BigUint64Array(LENGTH / 8),
    ]
    for (const view of views) {
      const { name } = view.constructor
      const expected = { name, offset: 0, whole: true, clone: true, floats: [0.5], detached: true }
      t.deepEqual(await tasks.use(view), expected)
    }
    const bytes = Buffer.alloc(1 << 20, 9)
    for (let round = 0; round < 40; round++) t.true(bytes.equals((await tasks.echo(bytes)) as Buffer))
  }),
)
