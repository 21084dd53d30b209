/** Tasks lie in the rings of workers that are being forked. They must not be worse off for it than in the queue. */
import { rmSync, writeFileSync } from 'node:fs'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

interface Seen {
  pid: number
  count: number
}

/** With a pool whose one worker is held at a gate, so that for the next task another is forked, which does as `wish` says. */
async function withLateWorker(
  wish: 'wait' | 'throw' | 'kill',
  body: (late: { pool: Pool; gate: Gate; held: Promise<number>; come: () => void }) => Promise<void>,
): Promise<void> {
  using gate = new Gate()
  const path = gate.note('wish')
  const filename = new URL('./fixtures/late.js', import.meta.url)
  const pool = new Pool({ filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 2, workerData: path, retries: 0 })
  pool.on('error', () => {})
  try {
    const held = pool.run(gate.path, { name: 'blockAt' }) as Promise<number>
    await gate.entered()
    writeFileSync(path, wish)
    await body({ pool, gate, held, come: () => rmSync(path, { force: true }) })
    gate.open()
    await held
    await pool.close({ timeout: 10_000 })
  } finally {
    await pool.destroy()
  }
}

const run = (pool: Pool, options = {}) => pool.run(undefined, { name: 'whoAndWhen', ...options }) as Promise<Seen>
const coming = (pool: Pool) => until(() => pool.stats().workers.length === 2, 10_000, 'another worker is being forked')

testOnce('a worker that is free first takes the task of one that is not there yet', (t) =>
  withLateWorker('wait', async ({ pool, gate, held, come }) => {
    const task = run(pool)
    await coming(pool)
    gate.open()
    t.is((await task).pid, await held)
    come()
  }),
)

testOnce('a task of a higher priority is begun before one that has been waiting for the worker', (t) =>
  withLateWorker('wait', async ({ pool, come }) => {
    const low = run(pool, { priority: 'low' })
    await coming(pool)
    const high = run(pool, { priority: 'high' })
    come()
    const seen = await Promise.all([high, low])
    t.is(seen[0].pid, seen[1].pid)
    t.deepEqual(
      seen.map(({ count }) => count),
      [1, 2],
    )
  }),
)

testOnce('a task that is cancelled before its worker is there never runs', (t) =>
  withLateWorker('wait', async ({ pool, come }) => {
    const controller = new AbortController()
    const task = rejection(run(pool, { signal: controller.signal }))
    await coming(pool)
    controller.abort()
    t.is((await task).name, 'AbortError')
    come()
    t.is((await run(pool)).count, 1)
  }),
)

for (const wish of ['throw', 'kill'] as const) {
  testOnce(`a task is not to blame for a worker that does not come (${wish})`, (t) =>
    withLateWorker(wish, async ({ pool }) => {
      t.is((await run(pool)).count, 1)
      const { failed, lost, retried } = pool.stats()
      t.deepEqual([failed, lost, retried], [0, 0, 0])
    }),
  )
}
