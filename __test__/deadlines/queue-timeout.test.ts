/** Tasks that may not wait for long. */
import { existsSync } from 'node:fs'
import { HatcheryError } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, withPool } from '../helpers/pool.js'
import type * as Deadlines from './fixtures/deadlines.js'

watchForLeaks()

const filename = new URL('./fixtures/deadlines.js', import.meta.url)
const one = { filename, startMethod: 'fork', maxWorkers: 1 } as const

testOnce('a task that has waited too long is rejected while it waits, and never runs', (t) =>
  withPool(one, async (pool) => {
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate' })
    await gate.entered()
    const path = gate.note('ran')
    const late = rejection(pool.run({ path, name: 'late' }, { name: 'record', queueTimeout: 30 }))
    const patient = pool.run({ path: gate.note('patient'), name: 'patient' }, { name: 'record' })
    // The worker is still held: nobody waits for it.
    const error = await late
    t.true(error instanceof HatcheryError)
    t.is(error.code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    t.is(error.name, 'TimeoutError')
    t.is(error.timeout, 30)
    t.is(error.taskName, 'record')
    t.is(error.attempt, undefined, 'there was none')
    gate.open()
    await held
    t.is(await patient, 'patient')
    t.false(existsSync(path))
    t.is(pool.stats().timedOut, 1)
    t.is(pool.stats().workersCrashed, 0)
  }),
)

testOnce('those that lie in a worker’s ring already are taken back', (t) =>
  withPool(one, async (pool) => {
    const tasks = pool.tasks<typeof Deadlines>()
    using gate = new Gate()
    const path = gate.note('ran')
    // Quick tasks make the pool lay many ahead.
    for (let round = 0; pool.workers[0] === undefined || pool.workers[0].window < 8; round++) {
      await Promise.all(Array.from({ length: 500 }, () => tasks.quick()))
      if (round > 1000) throw new Error('the window does not open')
    }
    const held = pool.run(gate.path, { name: 'gate' })
    const late = Array.from({ length: 80 }, (_, index) =>
      rejection(pool.run({ path, name: `${index}` }, { name: 'record', queueTimeout: 100 })),
    )
    t.true(pool.queueSize < 80, 'some of them are in the ring')
    for (const error of await Promise.all(late)) t.is(error.code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    gate.open()
    await held
    await tasks.quick()
    t.false(existsSync(path))
  }),
)

testOnce('the pool has a limit for all, of which a task can be free', (t) =>
  withPool({ ...one, queueTimeout: 30 }, async (pool) => {
    t.is(pool.options.queueTimeout, 30)
    const tasks = pool.tasks<typeof Deadlines>()
    using gate = new Gate()
    const held = pool.run(gate.path, { name: 'gate', queueTimeout: Infinity })
    await gate.entered()
    const free = tasks.sleep.with({ queueTimeout: Infinity })(1)
    const large = rejection(pool.run({ path: 'x'.repeat(200_000), name: 'large' }, { name: 'record' }))
    const stream = rejection(pool.stream(undefined, { name: 'count' }).next())
    for (const late of [rejection(tasks.quick()), large, stream]) t.is((await late).code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    const sync = t.throws(() => pool.runSync(undefined, { name: 'quick', queueTimeout: 20 }))
    t.is((sync as HatcheryError).code, 'ERR_HATCHERY_QUEUE_TIMEOUT')
    gate.open()
    await held
    t.is(await free, 1)
  }),
)

testOnce('the limit is that of waiting: a task that has begun takes its time', (t) =>
  withPool(one, async (pool) => {
    await pool.ready
    t.is(await pool.run(2_500, { name: 'sleep', queueTimeout: 2_000 }), 2_500)
    t.is(pool.stats().timedOut, 0)
  }),
)

testOnce('10 000 tasks that wait, and 10 000 that run, each with a limit: each is settled once', (t) =>
  withPool(
    { filename, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, concurrency: 512, killGrace: 30_000 },
    async (pool) => {
      const many = 10_000
      const settled = new Int32Array(many)
      const codes = new Set<string>()
      const count = (index: number) => (error: { code: string }) => {
        settled[index]!++
        codes.add(error.code)
      }
      using gate = new Gate()
      using other = new Gate()
      const held = [gate, other].map(({ path }) => pool.run(path, { name: 'gate' }))
      await Promise.all([gate.entered(), other.entered()])
      await Promise.all(
        Array.from({ length: many }, (_, index) =>
          pool.run(undefined, { name: 'quick', queueTimeout: 1 + ((index * 7919) % 200) }).then(t.fail, count(index)),
        ),
      )
      t.true(settled.every((times) => times === 1))
      t.deepEqual([...codes], ['ERR_HATCHERY_QUEUE_TIMEOUT'])
      gate.open()
      other.open()
      await Promise.all(held)
      codes.clear()
      await Promise.all(
        Array.from({ length: many }, (_, index) =>
          pool.run(undefined, { name: 'heed', timeout: 1 + ((index * 7919) % 50) }).then(t.fail, count(index)),
        ),
      )
      t.true(settled.every((times) => times === 2))
      t.deepEqual([...codes], ['ERR_HATCHERY_TASK_TIMEOUT'])
      const { timedOut, submitted, completed, workersCrashed } = pool.stats()
      t.deepEqual(
        { timedOut, submitted, completed, workersCrashed },
        {
          timedOut: 2 * many,
          submitted: 2 * many + 2,
          completed: 2,
          workersCrashed: 0,
        },
      )
    },
  ),
)
