/** Several tasks of one worker: whom its death is laid at the door of, and what becomes of the others. */
import { appendFileSync, readFileSync } from 'node:fs'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const common = { filename, maxWorkers: 1, stdio: 'ignore', retryBackoff: { initial: 0 } } as const

testEach(
  'of several suspects none is charged; tried again they run alone, and the culprit is found',
  (t, startMethod) =>
    withPool({ ...common, startMethod, concurrency: 4, maxCrashes: 2 }, async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      using gate = new Gate()
      const note = gate.note('begun')
      const neighbours = [1, 2].map(() => tasks.neighbour.with({ retries: 1 })(note))
      const suspect = rejection(tasks.neighbour(note))
      const poison = rejection(tasks.poison.with({ retries: 9 })(note, 3))
      const queued = Array.from({ length: 50 }, (_, index) => tasks.default(index))
      const error = await suspect
      t.like(error, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 66, suspects: 4 })
      t.regex(error.message, /3 others/)
      t.deepEqual(await Promise.all(neighbours), [2, 2])
      const quarantined = await poison
      t.like(quarantined, { code: 'ERR_HATCHERY_QUARANTINED', attempt: 3 })
      t.deepEqual(
        quarantined.attempts.map(({ suspects }: { suspects?: number }) => suspects),
        [4, undefined, undefined],
      )
      t.deepEqual(await Promise.all(queued), [...queued.keys()])
      t.is(
        readFileSync(note, 'utf8')
          .split('\n')
          .filter((line) => line === '2').length,
        2,
      )
    }),
)

testEach('neighbours of a task that had to be killed: told so, or run again at once', (t, startMethod) =>
  withPool(
    { ...common, startMethod, concurrency: 3, killGrace: 20, retryBackoff: { initial: 3_600_000, max: 3_600_000 } },
    async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      using gate = new Gate()
      const note = gate.note('begun')
      const lost = rejection(tasks.wait())
      const repeated = tasks.neighbour.with({ retries: 1 })(note)
      await until(() => pool.stats().running === 2, 10_000, 'both run')
      const culprit = rejection(tasks.spin.with({ timeout: 100 })())
      t.is((await culprit).code, 'ERR_HATCHERY_TASK_TIMEOUT')
      const error = await lost
      t.like(error, { code: 'ERR_HATCHERY_WORKER_LOST', blamedTask: 'spin', taskName: 'wait' })
      t.regex(error.message, /"spin"/)
      t.is(await repeated, 2)
    },
  ),
)

testOnce('a task that waits to run alone holds up no other', (t) =>
  withPool({ ...common, startMethod: 'fork', minWorkers: 2, maxWorkers: 2, concurrency: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Tasks>()
    using gate = new Gate()
    const note = gate.note('begun')
    const go = gate.note('go')
    await until(() => workerPids(pool).length === 2, 10_000, 'both are up')
    const suspects = [1, 2].map(() => tasks.together.with({ retries: 1 })(note, go))
    const held = tasks.hold(go)
    // One of them runs alone; the other one waits for that worker, while the one that has something to do has room.
    await until(() => begun(note).length === 3, 10_000, 'one runs again')
    const others = Array.from({ length: 20 }, (_, index) => tasks.default(index))
    t.deepEqual(await Promise.all(others), [...others.keys()])
    t.deepEqual(begun(note), ['1', '1', '2'])
    appendFileSync(go, 'go\n')
    t.deepEqual(await Promise.all(suspects), [2, 2])
    await held
  }),
)

function begun(note: string): string[] {
  try {
    return readFileSync(note, 'utf8').split('\n').slice(0, -1)
  } catch {
    return []
  }
}
