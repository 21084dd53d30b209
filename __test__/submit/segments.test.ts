/** Memory of `pool.alloc()`: a handle for host and workers, of which no byte is copied, and which is freed in the end. */
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { type HatcheryError, move, Pool, SharedBytes } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool, workerPids } from '../helpers/pool.js'
import { memfdMappings } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/segments.js'

watchForLeaks()

const filename = new URL('./fixtures/segments.js', import.meta.url)

/** Sees to it that nothing is held by garbage, in the host and in all workers. */
async function collectEverywhere(pool: Pool): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    gc()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const all = Array.from({ length: pool.options.maxWorkers * 4 }, () => pool.run(undefined, { name: 'collect' }))
  await Promise.all(all)
}

/** Collects until no segment is held by anybody. */
async function allFreed(pool: Pool, collect: () => Promise<unknown>, what = 'all segments are freed'): Promise<void> {
  const freed = async () => {
    await collect()
    return pool.stats().segments === 0
  }
  await until(freed, 20_000, what)
}

/** Waits until so many segments are held. */
async function segmentsAre(pool: Pool, count: number): Promise<void> {
  await until(() => pool.stats().segments === count, 10_000, `${count} segments are held, and not more`)
}

testEach('host and worker see what the other one writes, and no byte travels', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using bytes = pool.alloc(64 << 20)
    t.true(bytes instanceof SharedBytes)
    t.is(bytes.length, 64 << 20)
    t.is(bytes[12_345], 0)
    await tasks.fill(bytes.subarray(1000, 2000), 7)
    t.is(bytes[999], 0)
    t.is(bytes[1000], 7)
    bytes[1000] = 8
    t.is(await tasks.sum(bytes.subarray(990, 1010)), 71)
    const back = await tasks.default(bytes)
    t.true(back instanceof SharedBytes)
    t.is(back.buffer, bytes.buffer)
    t.like(pool.stats(), { segments: 1, sharedMemoryUsed: 64 << 20 })
  }),
)

testEach('views arrive as what they are, at any depth, and share their memory', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using bytes = pool.alloc(4096)
    const words = new Uint16Array(bytes.buffer, 8, 4)
    t.is(await tasks.shareMemory({ list: [bytes.subarray(8)], map: new Map([['words', words]]) }), 0x0201)
    t.is(words[0], 0x0201)
    const buffer = Buffer.from(bytes.buffer, 16, 32)
    t.deepEqual(await tasks.describe(buffer), { name: 'Buffer', offset: 16, length: 32, whole: 4096 })
    t.deepEqual(await tasks.describe(bytes), { name: 'SharedBytes', offset: 0, length: 4096, whole: 4096 })
    const [first, second] = await tasks.default([bytes, { deep: [bytes.subarray(5)] }] as const)
    t.is(first.buffer, second.deep[0]!.buffer)
    t.is(second.deep[0]!.byteOffset, 5)
    t.is(await tasks.default(bytes.buffer), bytes.buffer)
    // A copy is a copy.
    t.not((await tasks.default(bytes.slice(0, 10))).buffer, bytes.buffer)
  }),
)

testEach('read only: what a worker writes stays its own', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using bytes = pool.alloc(4096, { readOnly: true })
    bytes[0] = 1
    t.is(await tasks.sum(bytes), 1)
    await tasks.fill(bytes, 9)
    t.is(bytes[0], 1)
    t.is(bytes[1], 0)
  }),
)

testEach('what nobody refers to any more is freed', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    // A function of its own, so that no variable of this one keeps anything.
    const use = async (round: number) => {
      const bytes = pool.alloc(1 << 20)
      bytes[0] = round
      return tasks.sum(bytes.subarray(0, 1))
    }
    for (let round = 0; round < 50; round++) t.is(await use(round), round)
    await allFreed(pool, () => collectEverywhere(pool))
    t.is(pool.stats().sharedMemoryUsed, 0)
    t.deepEqual(
      memfdMappings().filter((line) => line.includes('hatchery-segment')),
      [],
    )
  }),
)

testEach('disposed by hand it is gone at once here, and lives on where it is held', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const bytes = pool.alloc(4096)
    const view = bytes.subarray(10)
    bytes[10] = 3
    await tasks.keep(bytes)
    bytes[Symbol.dispose]()
    bytes[Symbol.dispose]()
    t.is(bytes.length, 0)
    t.is(view.length, 0)
    t.is(pool.stats().segments, 1)
    const [back] = (await tasks.takeKept()) as [Uint8Array & Disposable]
    t.is(back[10], 3)
    t.is(back.length, 4096)
    {
      using other = pool.alloc(10)
      t.is(await tasks.disposeIt(other), 0)
      other[0] = 1
      t.is(await tasks.sum(other), 1)
    }
    back[Symbol.dispose]()
    await allFreed(pool, tasks.collect)
  }),
)

testEach('a worker that dies lets go; the task that runs again has the memory again', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    {
      using bytes = pool.alloc(4096)
      bytes[0] = 5
      await tasks.keep(bytes)
      const error = await rejection(tasks.killWith.with({ retries: 1 })(bytes))
      t.is(error.code, 'ERR_HATCHERY_WORKER_SIGNALLED')
      t.is(error.attempt, 2)
      t.is(await tasks.sum(bytes), 5)
      process.kill(workerPids(pool)[0]!, 'SIGKILL')
      t.is(await until(() => tasks.sum(bytes).catch(() => 0), 10_000, 'a worker runs it'), 5)
    }
    await allFreed(pool, tasks.collect)
  }),
)

testEach('many handles, many tasks, in all ways at once', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const blocks = Array.from({ length: 20 }, (_, index) => {
      const bytes = pool.alloc(256)
      bytes.fill(index)
      return bytes
    })
    const controller = new AbortController()
    const work = Array.from({ length: 2000 }, (_, index) => {
      const block = blocks[index % 20]!
      if (index % 7 === 0) {
        return tasks.sum
          .with({ signal: controller.signal })(block)
          .catch((error: HatcheryError) => error.code)
      }
      return index % 3 === 0 ? tasks.default({ index, blocks: blocks.slice(0, 5) }) : tasks.sum(block)
    })
    controller.abort()
    for (const [index, result] of (await Promise.all(work)).entries()) {
      if (index % 7 === 0) t.is(result, 'ERR_HATCHERY_TASK_CANCELLED')
      else if (index % 3 !== 0) t.is(result, 256 * (index % 20))
      else t.is((result as { blocks: Uint8Array[] }).blocks[3]!.buffer, blocks[3]!.buffer)
    }
    for (const block of blocks) block[Symbol.dispose]()
    await allFreed(pool, () => collectEverywhere(pool), 'all segments are freed, those of cancelled tasks too')
  }),
)

testEach('to another pool it is plain bytes', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, (pool) =>
    withPool({ filename, startMethod, maxWorkers: 1 }, async (other) => {
      using bytes = pool.alloc(100)
      bytes[0] = 1
      const copy = await other.run(bytes)
      t.is(copy[0], 1)
      t.not(copy.buffer, bytes.buffer)
      t.is(other.stats().segments, 0)
    }),
  ),
)

testEach('bad calls are refused, and memory is bounded', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, maxSharedMemory: 10_000 }, async (pool) => {
    for (const bytes of [0, -1, 1.5, Number.NaN, '10', undefined]) {
      t.throws(() => pool.alloc(bytes as number), { code: 'ERR_HATCHERY_INVALID_OPTION' })
    }
    t.throws(() => pool.alloc(1, { readonly: true } as object), { code: 'ERR_HATCHERY_INVALID_OPTION' })
    const first = pool.alloc(6000)
    t.throws(() => pool.alloc(6000), { code: 'ERR_HATCHERY_SHARED_MEMORY_FULL', message: /6000 of 10000/ })
    first[Symbol.dispose]()
    await segmentsAre(pool, 0)
    const second = pool.alloc(6000)
    t.is(second.length, 6000)
    const many = Array.from({ length: 128 }, () => pool.alloc(1))
    const error = await rejection(pool.run(many))
    t.is(error.code, 'ERR_HATCHERY_DATA_CLONE')
    t.is((await pool.run(many.slice(0, 127))).length, 127)
    for (const bytes of [second, ...many]) bytes[Symbol.dispose]()
  }),
)

testEach('memory outlives its pool', async (t, startMethod) => {
  const pool = new Pool({ filename, startMethod, maxWorkers: 1 })
  const bytes = pool.alloc(4096)
  await pool.run([bytes, 3], { name: 'default' })
  await pool.close()
  bytes[0] = 1
  t.is(bytes[0], 1)
  t.throws(() => pool.alloc(1), { code: 'ERR_HATCHERY_POOL_CLOSED' })
  bytes[Symbol.dispose]()
})

testEach('large tasks count as shared memory, and wait for room or are rejected', async (t, startMethod) => {
  const sizes = { filename, startMethod, minWorkers: 2, maxWorkers: 2, maxSharedMemory: 10_000_000 } as const
  const code = 'ERR_HATCHERY_SHARED_MEMORY_FULL'
  const large = Buffer.alloc(6_000_000, 1)
  await withPool({ ...sizes, sharedMemoryPolicy: 'wait' }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    let most = 0
    const sums = Array.from({ length: 6 }, async () => {
      const sum = await tasks.sum(large)
      most = Math.max(most, pool.stats().sharedMemoryUsed ?? 0)
      return sum
    })
    t.deepEqual(await Promise.all(sums), Array(6).fill(6_000_000))
    t.true(most > 0 && most <= 10_000_000, `${most} bytes`)
    t.is(pool.stats().sharedMemoryUsed, 0)
    t.is((await rejection(tasks.sum(Buffer.alloc(11_000_000)))).code, code, 'it could wait for ever')
    using segment = pool.alloc(5_000_000)
    const waits = tasks.sum(large)
    t.is(await tasks.sum(segment), 0)
    t.is(pool.stats().starved, 1)
    segment[Symbol.dispose]()
    await tasks.collect()
    t.is(await waits, 6_000_000)
  })
  await withPool({ ...sizes, sharedMemoryPolicy: 'reject' }, async (pool) => {
    using segment = pool.alloc(5_000_000)
    t.is((await rejection(pool.run(large))).code, code)
    t.is((await pool.run(segment)).length, 5_000_000)
    t.is(await pool.run(1), 1)
  })
})

testEach('a result that nobody waits for any more mentions nothing to the next', async (t, startMethod) => {
  using gate = new Gate()
  await withPool({ filename, startMethod, maxWorkers: 1, killGrace: 20_000 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const controller = new AbortController()
    using bytes = pool.alloc(1000)
    const left = rejection(tasks.echoAtGate.with({ signal: controller.signal })(bytes, gate.path))
    await gate.entered()
    controller.abort()
    t.is((await left).code, 'ERR_HATCHERY_TASK_CANCELLED')
    const next = pool.run('next')
    gate.open()
    t.is(await next, 'next')
  })
})

testEach('what is disposed counts no more from that moment on, also for a thread that blocks', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, maxSharedMemory: 8_000_000 }, async (pool) => {
    for (let round = 0; round < 20; round++) pool.alloc(7_000_000)[Symbol.dispose]()
    t.is(pool.stats().sharedMemoryUsed, 0)
    t.is(pool.runSync(Buffer.alloc(2_000_000, 1), { name: 'sum' }), 2_000_000)
    const bytes = pool.alloc(7_000_000)
    const sum = pool.run(bytes, { name: 'sum' })
    // The task has it from here on.
    bytes[Symbol.dispose]()
    t.is(await sum, 0)
  }),
)

testEach('a bare ArrayBuffer within a value is a handle as well, and shares with views beside it', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using bytes = pool.alloc(4096)
    using other = pool.alloc(4096)
    t.true(await tasks.sharesWith({ buffer: bytes.buffer, view: bytes.subarray(1) }))
    t.is(bytes[0], 7)
    const back = await tasks.default({
      deep: new Map([['both', [other.buffer, bytes.buffer]]]),
      copy: new ArrayBuffer(8),
    })
    t.is(back.deep.get('both')[0], other.buffer)
    t.is(back.deep.get('both')[1], bytes.buffer)
    t.is(back.copy.byteLength, 8)
    t.is(pool.stats().segments, 2)
  }),
)

testEach('items of a stream that a task is given travel as handles, and are let go of', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    const blocks = Array.from({ length: 100 }, () => pool.alloc(4096))
    t.is(await tasks.countInto(blocks.values()), 100)
    t.deepEqual(
      blocks.map((bytes) => bytes[0]),
      blocks.map((_, index) => index + 1),
    )
    // Longer than a message; most of it comes when the task has ended.
    const lists = Array.from({ length: 20 }, () => ({ list: blocks.slice(0, 50), more: Buffer.alloc(20_000) }))
    t.is(await tasks.takeOne(lists.values()), 1)
    function* moved() {
      for (const bytes of blocks.splice(0, 50)) yield move(bytes)
    }
    t.is(await tasks.countInto(moved()), 50)
    const gone = blocks[0]!
    gone[Symbol.dispose]()
    for (const bytes of blocks) bytes[Symbol.dispose]()
    await allFreed(pool, () => collectEverywhere(pool))
  }),
)

test('what a getter lets go of is refused as what cannot be cloned', (t) =>
  withPool({ filename, maxWorkers: 1 }, async (pool) => {
    const bytes = pool.alloc(16)
    const value = {
      bytes,
      get late() {
        bytes[Symbol.dispose]()
        return 1
      },
    }
    t.is((await rejection(pool.run(value))).code, 'ERR_HATCHERY_DATA_CLONE')
    t.is(await pool.run(1), 1)
  }))
