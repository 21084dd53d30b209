/** Pools that come and go. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Pool } from 'hatchery'
import { assertNothingLeft, inventory, watchForLeaks } from '../helpers/leaks.js'
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
      const memory: number[] = []
      const began = performance.now()
      for (let index = 0; index < cycles; index++) {
        if ((await cycle(index)) !== index) t.fail(`cycle ${index} came to nothing`)
        // Often, since an allocator keeps the most it ever had; what is asked here is whether that grows.
        if (index % 10 === 9) await collect()
        // At the half a good part of what the heap will grow to is there.
        if (index === cycles / 2 || index === cycles - 1) memory.push(statusBytes('VmRSS'))
        // Long before the end, so that a leak is seen and not the limit on descriptors.
        if (index % 100 === 99) await assertNothingLeft(t, before)
      }
      const milliseconds = (performance.now() - began) / cycles
      const [half, end] = memory as [number, number]
      const growth = end - half
      t.log(
        `${milliseconds.toFixed(1)} ms a cycle, and ${(growth / 1024).toFixed(0)} KiB since half way (${startMethod})`,
      )
      // A pool's buffers are 2 MiB: were they kept, it would be many times this.
      t.true(growth < 10 << 20, `${growth} bytes since half way`)
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
