/** A worker that scribbles over its lane: it is killed and replaced, and harms nobody else. */
import { HatcheryError, type Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool, workerPids } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'
import type { Forgery, Part } from './fixtures/hostile.js'

watchForLeaks()

const filename = new URL('./fixtures/hostile.js', import.meta.url)
const honest = new URL('./fixtures/faults.js', import.meta.url)

const CORRUPT = 'ERR_HATCHERY_WORKER_LANE_CORRUPT'

/** Ways in which a task of a scribbling worker may end: found out, or dead of its own doing or by its time limit. */
const ENDS = [CORRUPT, 'ERR_HATCHERY_TASK_TIMEOUT', 'ERR_HATCHERY_WORKER_EXITED', 'ERR_HATCHERY_WORKER_SIGNALLED']

const OTHERS = 100

/** Runs a hostile task among others; the others must complete. Returns what became of it. */
async function runHostile(pool: Pool, task: unknown, name: string): Promise<any> {
  const values = Array.from({ length: OTHERS }, (_, index) => index)
  // Those that lie in the hostile worker's ring as it dies are tried again.
  const other = (index: number) =>
    pool.run(index, { filename: honest, name: index % 2 === 0 ? 'default' : 'echoLater', retries: 50 })
  const first = values.slice(0, OTHERS / 2).map(other)
  let begun = false
  const onProgress = () => {
    begun = true
  }
  const fault = rejection(pool.run(task, { name, timeout: 400, onProgress }))
  const second = values.slice(OTHERS / 2).map(other)
  const all = Promise.all([...first, ...second])
  all.catch(() => {})
  const error = await fault
  const results = await all
  // The word that it has begun may be among what it damages; then it is something else that ended it.
  if (!begun && error.code === 'ERR_HATCHERY_TASK_TIMEOUT') throw new Error('the task never came to its damage')
  for (const [index, result] of results.entries()) {
    if (result !== index) throw new Error(`task ${index} got ${String(result)}`)
  }
  await until(() => !isAlive(error.pid), 5_000, 'the hostile worker is gone')
  await until(() => workerPids(pool).length === 2, 10_000, 'it is replaced')
  return error
}

const OPTIONS = { filename, minWorkers: 2, maxWorkers: 2, killGrace: 50, stdio: 'ignore' } as const

const PARTS: Part[] = [
  'header',
  'worker line',
  'submission indices',
  'submission slots',
  'completion indices',
  'completion slots',
  'arena',
  'everything',
]

for (const part of PARTS) {
  testEach(
    `scribbling over ${part}`,
    (t, startMethod) =>
      withPool({ ...OPTIONS, startMethod }, async (pool) => {
        // Noise, zeros and ones.
        for (const seed of [1, 2, 3, -1, -256]) {
          for (const ending of ['spin', 'exit'] as const) {
            const error = await runHostile(pool, { part, seed, ending }, 'scribble')
            t.true(error instanceof HatcheryError, String(error))
            t.true(ENDS.includes(error.code), `${error.code} ${error.message}`)
          }
        }
        t.deepEqual(await Promise.all([1, 2, 3].map((value) => pool.run(value, { filename: honest }))), [1, 2, 3])
      }),
    60_000,
  )
}

testEach(
  'scribbling without end',
  (t, startMethod) =>
    withPool({ ...OPTIONS, startMethod }, async (pool) => {
      for (const seed of [11, 12, 13, 14]) {
        const error = await runHostile(pool, seed, 'scribbleForEver')
        t.true(error instanceof HatcheryError, String(error))
        t.true(ENDS.includes(error.code), `${error.code} ${error.message}`)
      }
    }),
  60_000,
)

const COMPLETED = 3
const PROGRESS = 5
const ITEM = 7
const PULL = 8
const FORGERIES: Record<string, Forgery> = {
  'kind 0': { kind: 0 },
  'an unknown kind': { kind: 77 },
  'a task that is not there': { kind: COMPLETED, index: 123_456 },
  'a task that is not there, with progress': { kind: PROGRESS, index: 0xffff_ffff },
  'a stale generation': { kind: COMPLETED, generation: 0xffff_fff0 },
  'an inline payload longer than a slot': { kind: PROGRESS, length: 89 },
  'an inline payload of 4 GiB': { kind: PROGRESS, length: 0xffff_ffff },
  'an unknown location': { kind: PROGRESS, location: 3 },
  'a block of a class that is not there': { kind: PROGRESS, location: 1, block: 0xff00_0000 },
  'a block beyond its class': { kind: PROGRESS, location: 1, block: 0x00ff_ffff },
  'a payload longer than its block': { kind: PROGRESS, location: 1, block: 0, length: 0x7fff_ffff },
  'a memfd that was never sent': { kind: PROGRESS, location: 2, block: 4711, length: 100 },
  'a list of segments that is longer than the payload': { kind: PROGRESS, length: 7, flags: 2 << 17 },
  'a segment that was never given': { kind: COMPLETED, length: 8, flags: 1 << 17 },
  'a start report without a payload': { kind: 99, length: 0 },
  'an item that nobody asked for': { kind: ITEM },
  'an item of a task that is not there': { kind: ITEM, index: 123_456 },
  'a request for chunks that is too short': { kind: PULL, length: 4 },
  'a request for chunks of a task that is not there': { kind: PULL, index: 123_456, length: 8 },
}

testEach(
  'a forged completion is found out',
  (t, startMethod) =>
    withPool({ ...OPTIONS, startMethod }, async (pool) => {
      for (const [title, forgery] of Object.entries(FORGERIES)) {
        const error = await runHostile(pool, forgery, 'forge')
        t.is(error.code, CORRUPT, `${title}: ${error.message}`)
      }
      t.is(pool.stats().workersCrashed, Object.keys(FORGERIES).length)
    }),
  60_000,
)

testEach(
  'an index that cannot be is found out',
  (t, startMethod) =>
    withPool({ ...OPTIONS, startMethod }, async (pool) => {
      for (const by of [-1, -1000, 100_000, 0x7fff_ffff, 0x8000_0000]) {
        const error = await runHostile(pool, { ring: 'completion tail', by }, 'moveIndex')
        t.is(error.code, CORRUPT, `completion tail by ${by}: ${error.message}`)
      }
      for (const by of [-5000, 100_000, 0x8000_0000]) {
        const error = await runHostile(pool, { ring: 'submission head', by }, 'moveIndex')
        t.true(ENDS.includes(error.code), `submission head by ${by}: ${error.code}`)
      }
    }),
  60_000,
)

testEach('what a worker says twice settles once, and ends it', (t, startMethod) =>
  withPool({ ...OPTIONS, startMethod, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run(undefined, { name: 'replay' }), true)
    await until(() => pool.stats().workersCrashed === 1, 10_000, 'it is found out')
    t.is(await pool.run(1, { filename: honest }), 1)
  }),
)

testEach('tasks that a worker claims to have begun are not run again, and settle once', (t, startMethod) =>
  withPool({ ...OPTIONS, startMethod, minWorkers: 1, maxWorkers: 1 }, async (pool) => {
    const first = rejection(pool.run(undefined, { name: 'claimAll' }))
    const others = Array.from({ length: 50 }, (_, value) => pool.run(value, { filename: honest }))
    const outcomes = await Promise.allSettled(others)
    t.is((await first).code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    for (const [value, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') t.is(outcome.value, value)
      else t.is(outcome.reason.code, 'ERR_HATCHERY_WORKER_SIGNALLED')
    }
  }),
)

testEach('a worker that wakes the host for each of many tasks is not taken for one of those', (t, startMethod) =>
  withPool({ filename: honest, startMethod, maxWorkers: 1 }, async (pool) => {
    // One at a time: host and worker look and sleep by turns, and each wake-up is one that was asked for.
    for (let count = 0; count < 12_000; count++) await pool.run(count)
    t.is(pool.stats().workersStarted, 1)
  }),
)

testEach('a worker that wakes the host without end is found out', (t, startMethod) =>
  withPool({ ...OPTIONS, startMethod }, async (pool) => {
    // Its time limit is for a host that does not see it.
    const fault = rejection(pool.run(undefined, { name: 'wakeForEver', timeout: 20_000 }))
    t.is(await pool.run(1, { filename: honest }), 1)
    const error = await fault
    t.is(error.code, CORRUPT)
    t.regex(error.message, /wake-ups/)
    t.is(await pool.run(2, { filename: honest }), 2)
  }),
)

testEach('a flood of items reaches nobody beyond what was asked for', (t, startMethod) =>
  withPool({ ...OPTIONS, startMethod }, async (pool) => {
    const items: unknown[] = []
    const error = await rejection(
      (async () => {
        for await (const item of pool.stream(undefined, { name: 'flood', highWaterMark: 8 })) items.push(item)
      })(),
    )
    t.is(error.code, CORRUPT)
    t.regex(error.message, /not asked for/)
    // What was granted while the flood was read may be among it.
    t.true(items.length >= 1 && items.length <= 16, `${items.length} items`)
    t.is(await pool.run(1, { filename: honest }), 1)
  }),
)

testEach('a worker that asks for items without end gets no more than its socket holds', (t, startMethod) =>
  withPool({ ...OPTIONS, startMethod }, async (pool) => {
    let taken = 0
    async function* source(): AsyncGenerator<Buffer> {
      for (;;) {
        taken++
        yield Buffer.alloc(10_000)
      }
    }
    const error = await rejection(pool.run(source(), { name: 'greedy', timeout: 400 }))
    // It wakes the host without end as well, which may be found out before its time is up.
    t.true([CORRUPT, 'ERR_HATCHERY_TASK_TIMEOUT'].includes(error.code), error.message)
    t.true(taken > 1 && taken < 100, `${taken} items were taken from the source`)
    await until(() => !isAlive(error.pid), 5_000, 'the greedy worker is gone')
    t.is(await pool.run(1, { filename: honest }), 1)
  }),
)
