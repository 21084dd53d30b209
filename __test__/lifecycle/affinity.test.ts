import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { loadNative } from '../helpers/internal.js'
import { testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/affinity.js'

const filename = new URL('./fixtures/affinity.js', import.meta.url)
const allowed = loadNative().allowedProcessors()
/** Two processors, or twice the one there is. */
const [first = 0, second = first] = allowed

/** What both workers of a pool see, by process id. */
async function look(pool: Pool): Promise<Map<number, Tasks.Self>> {
  const tasks = pool.tasks<typeof Tasks>()
  using one = new Gate()
  using other = new Gate()
  const looks = [one, other].map((gate) => tasks.look(gate.path))
  // So each is in a worker of its own.
  await Promise.all([one.entered(), other.entered()])
  one.open()
  other.open()
  return new Map((await Promise.all(looks)).map((self) => [self.pid, self]))
}

/** The processors of the workers, one text each if all threads of a worker agree. */
function processors(workers: Map<number, Tasks.Self>): string[] {
  return [...workers.values()].map(({ threads }) => [...new Set(threads)].join(' and ')).sort()
}

/** The workers that take tasks. */
function serving(pool: Pool): number[] {
  const workers = pool.stats().workers ?? []
  return workers.filter(({ spare, state }) => !spare && state === 'running').map(({ pid }) => pid)
}

for (const spares of [0, 2]) {
  const title = `each worker and all its threads run on its list, and so does what replaces it (${spares} spares)`
  testEach(title, (t, startMethod) =>
    withPool(
      { filename, startMethod, minWorkers: 2, maxWorkers: 2, spares, affinity: [[first], [second]] },
      async (pool) => {
        const expected = [`${first}`, `${second}`].sort()
        for (const victim of [second, first, second]) {
          await until(() => serving(pool).length === 2, 10_000, 'there are two workers')
          const workers = await look(pool)
          t.deepEqual(processors(workers), expected)
          for (const { threads, parallelism } of workers.values()) {
            t.true(threads.length > 1, 'there are threads to look at')
            t.is(parallelism, 1)
          }
          const found = [...workers.values()].find(({ threads }) => threads[0] === `${victim}`)
          const pid = found!.pid
          process.kill(pid, 'SIGKILL')
          const replaced = () => serving(pool).length === 2 && !serving(pool).includes(pid)
          await until(replaced, 10_000, 'it is replaced')
        }
        t.deepEqual(processors(await look(pool)), expected)
        t.is(pool.stats().workersCrashed, 3)
      },
    ),
  )
}

testEach('fewer lists than workers are taken in turn', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2, affinity: [[second, first]] }, async (pool) => {
    const both = first + 1 === second ? `${first}-${second}` : [...new Set([first, second])].join(',')
    t.deepEqual(processors(await look(pool)), [both, both])
  }),
)

testEach("'spread' gives each worker a processor, 'none' leaves it those of the host", async (t, startMethod) => {
  const own = /^Cpus_allowed_list:\s*(.*)$/m
  const before = own.exec(readFileSync('/proc/thread-self/status', 'utf8'))![1]!
  const options = { filename, startMethod, minWorkers: 2, maxWorkers: 2 }
  await withPool({ ...options, affinity: 'spread' }, async (pool) => {
    const found = processors(await look(pool))
    for (const processor of found) t.true(allowed.map(String).includes(processor), processor)
    t.is(new Set(found).size, Math.min(2, allowed.length))
  })
  await withPool(options, async (pool) => {
    t.deepEqual(processors(await look(pool)), [before, before])
  })
  t.is(own.exec(readFileSync('/proc/thread-self/status', 'utf8'))![1], before, 'the host is where it was')
})

testOnce('a processor that the process may not use is refused at once, by name', (t) => {
  const error: any = t.throws(() => new Pool({ filename, affinity: [[first], [first, 60_000]] }))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  t.regex(error.message, /"affinity\[1\]\[1\]".*may use.*60000/)
})
