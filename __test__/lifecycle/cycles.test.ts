/** Pools that come and go. */
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'hatchery'
import { loadNative } from '../helpers/internal.js'
import { inventory } from '../helpers/inventory.js'
import { assertNothingLeft, watchForLeaks } from '../helpers/leaks.js'
import { METHODS, type Method, testOnce } from '../helpers/pool.js'
import { statusBytes } from '../helpers/proc.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Frees the buffers of the pools that are gone. The native half goes in a first round, and then what it has held. */
async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    collectGarbage()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Bytes that this process holds, by what they are. */
interface Held {
  /** Objects of JavaScript and the buffers that hang on them, all of which live. */
  readonly javascript: number
  /** All memory that is no file's. */
  readonly anonymous: number
}

/**
 * After a collection. What is free in the heap of the C library is given back first: how far that heap has ever grown,
 * and how much of it is holes, depends on machine and load, and is no leak.
 */
async function held(): Promise<Held> {
  await collect()
  loadNative().giveBackFreeMemory()
  const { heapUsed, external } = process.memoryUsage()
  return { javascript: heapUsed + external, anonymous: statusBytes('RssAnon') }
}

/** By how many bytes a cycle the least of the last third is more than the least of the first; neither half is alone. */
function growthPerCycle(samples: readonly number[], cyclesPerSample: number): number {
  const third = Math.floor(samples.length / 3)
  const least = (from: number) => Math.min(...samples.slice(from, from + third))
  const distance = (samples.length - third) * cyclesPerSample
  return (least(samples.length - third) - least(0)) / distance
}

/** How often memory is looked at. */
const CYCLES_PER_SAMPLE = 10

/** The buffers of one pool; that none of them is kept is seen from far less. */
const POOL_BUFFERS = 2 << 20

/** A spawned worker costs twice a forked one. */
const CYCLES: Record<Method, number> = { fork: 1_000, spawn: 200 }

for (const startMethod of METHODS) {
  const cycles = CYCLES[startMethod]
  testOnce(
    `${cycles} pools one after the other leave no descriptor, no process and no memory (${startMethod})`,
    async (t) => {
      const cycle = async (task: number) => {
        const pool = new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 })
        const result = await pool.run(task)
        if (task % 2 === 0) await pool.close()
        else await pool.destroy()
        return result
      }
      // What the first ones load stays.
      for (let warm = 0; warm < 10; warm++) await cycle(warm)
      const before = inventory()
      const samples: Held[] = []
      const began = performance.now()
      for (let index = 0; index < cycles; index++) {
        if ((await cycle(index)) !== index) t.fail(`cycle ${index} came to nothing`)
        if (index % CYCLES_PER_SAMPLE === CYCLES_PER_SAMPLE - 1) samples.push(await held())
        // Long before the end, so that a leak is seen and not the limit on descriptors.
        if (index % 100 === 99) await assertNothingLeft(t, before)
      }
      const milliseconds = (performance.now() - began) / cycles
      const growth = (of: keyof Held) =>
        growthPerCycle(
          samples.map((sample) => sample[of]),
          CYCLES_PER_SAMPLE,
        )
      const [javascript, anonymous] = [growth('javascript'), growth('anonymous')]
      t.log(
        `${milliseconds.toFixed(1)} ms, ${javascript.toFixed(0)} bytes of JavaScript and ${anonymous.toFixed(0)} bytes ` +
          `of all memory a cycle (${startMethod})`,
      )
      t.true(javascript < POOL_BUFFERS / 256, `${javascript} bytes of JavaScript a cycle`)
      t.true(anonymous < POOL_BUFFERS / 32, `${anonymous} bytes of memory a cycle`)
    },
    300_000,
  )

  testOnce(
    `many pools at a time (${startMethod})`,
    async (t) => {
      for (let round = 0; round < 3; round++) {
        const pools = Array.from({ length: 8 }, () => new Pool({ filename, startMethod, minWorkers: 1, maxWorkers: 1 }))
        t.deepEqual(await Promise.all(pools.map((pool, index) => pool.run(index))), [...pools.keys()])
        await Promise.all(pools.map((pool, index) => (index % 2 === 0 ? pool.close() : pool.destroy())))
      }
    },
    60_000,
  )
}
