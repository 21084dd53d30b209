/** Tasks that kill one worker after the other are not run for ever, and can be looked at. */
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const common = { filename, maxWorkers: 1, startMethod: 'fork', stdio: 'ignore', retryBackoff: { initial: 0 } } as const

testEach('a poison task is quarantined with the history of its attempts', (t, startMethod) =>
  withPool({ ...common, startMethod, maxCrashes: 2 }, async (pool) => {
    const argument = { list: [1, 'two'], at: new Date(0) }
    const options = { name: 'exitUntil', retries: 100, priority: 'low', timeout: 5000 } as const
    const error = await rejection(pool.run(Number.POSITIVE_INFINITY, options))
    t.like(error, { code: 'ERR_HATCHERY_QUARANTINED', taskName: 'exitUntil', attempt: 2 })
    t.regex(error.message, /2 workers/)
    t.like(error.cause, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 2 })
    t.like(error.attempts, [
      { attempt: 1, exitCode: 1 },
      { attempt: 2, exitCode: 2 },
    ])
    const { quarantine } = pool
    t.is(quarantine.size, 1)
    const [kept] = quarantine
    t.like(kept, {
      id: error.quarantineId,
      taskName: 'exitUntil',
      priority: 'low',
      timeout: 5000,
      filename: filename.href,
    })
    t.deepEqual(kept!.attempts, error.attempts)
    t.is(kept!.argument(), Number.POSITIVE_INFINITY)
    t.deepEqual(kept!.quarantinedAt, error.attempts[1].at)

    // Of a call with several arguments, the list.
    const second = await rejection(pool.tasks<any>().exitUntil.with({ retries: 9 })(9, argument))
    t.deepEqual(quarantine.get(second.quarantineId)?.argument(), [9, argument])
    t.true(quarantine.remove(second.quarantineId))
    t.false(quarantine.remove(second.quarantineId))
    t.is(quarantine.get(second.quarantineId), undefined)
    t.is(await pool.run('goes on'), 'goes on')
  }),
)

testOnce('a task in quarantine can be run again, once', (t) =>
  withPool({ ...common, maxCrashes: 1 }, async (pool) => {
    const { quarantineId } = await rejection(pool.run(2, { name: 'exitUntil' }))
    const again = await rejection(pool.quarantine.rerun(quarantineId, { retries: 1 }))
    t.is(again.code, 'ERR_HATCHERY_QUARANTINED')
    t.not(again.quarantineId, quarantineId)
    t.is((await rejection(pool.quarantine.rerun(quarantineId))).code, 'ERR_HATCHERY_INVALID_OPTION')
    // It says where it was, though the pool runs other code by now.
    await pool.reload({ filename: new URL('./fixtures/other.js', import.meta.url) })
    t.is(pool.quarantine.get(again.quarantineId)?.filename, filename.href)
    await pool.reload({ filename })
    const signal = AbortSignal.abort('no')
    t.is((await rejection(pool.quarantine.rerun(again.quarantineId, { signal }))).code, 'ERR_HATCHERY_TASK_CANCELLED')
    t.is(pool.quarantine.size, 1, 'what was not run stays')
    pool.quarantine.clear()
    t.deepEqual([...pool.quarantine], [])
  }),
)

testOnce('it is bounded, can be turned off, and holds shared memory', (t) =>
  withPool({ ...common, maxCrashes: 1, quarantineSize: 2 }, async (pool) => {
    for (const code of [1, 2, 3]) await rejection(pool.run(code, { name: 'exit' }))
    t.deepEqual(
      [...pool.quarantine].map((task) => task.argument()),
      [2, 3],
    )
    pool.quarantine.clear()
    using bytes = pool.alloc(3)
    bytes.set([1, 2, 3])
    const { quarantineId } = await rejection(pool.run(bytes, { name: 'sumAndDie' }))
    t.deepEqual([...(pool.quarantine.get(quarantineId)!.argument() as Uint8Array)], [1, 2, 3])
    t.is((await rejection(pool.quarantine.rerun(quarantineId))).cause.exitCode, 6)
    t.is(pool.stats().segments, 1)
  }),
)

testOnce('synchronous calls are retried and quarantined, too', (t) =>
  withPool({ ...common, maxCrashes: 3 }, async (pool) => {
    t.is(pool.runSync(3, { name: 'exitUntil', retries: 2 }), 3)
    const error = thrownBy(() => pool.runSync(9, { name: 'exitUntil', retries: 9 }))
    t.like(error, { code: 'ERR_HATCHERY_QUARANTINED', attempt: 3 })
    t.is(pool.quarantine.get(error.quarantineId)?.argument(), 9)
  }),
)

testOnce('a task with streams is kept without what it was given, and cannot be run again', (t) =>
  withPool({ ...common, maxCrashes: 1 }, async (pool) => {
    const source = (async function* () {
      yield 1
    })()
    const all = async (items: AsyncIterable<unknown>) => {
      for await (const _ of items);
    }
    const errors = [
      await rejection(pool.run(source, { name: 'exitAfterAll' })),
      await rejection(all(pool.stream(3, { name: 'exitAfterItems' }))),
    ]
    for (const { code, quarantineId } of errors) {
      t.is(code, 'ERR_HATCHERY_QUARANTINED')
      t.is(pool.quarantine.get(quarantineId)?.argument(), undefined)
      const refused = await rejection(pool.quarantine.rerun(quarantineId))
      t.is(refused.code, 'ERR_HATCHERY_INVALID_OPTION')
      t.true(pool.quarantine.remove(quarantineId))
    }
  }),
)
