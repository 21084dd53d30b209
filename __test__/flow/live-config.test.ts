/** A configuration that changes while its pool runs: what comes into force, and that what is broken changes nothing. */
import { Pool } from 'hatchery'
import { applyConfig, type ConfigReport, diffConfig, LiveConfig, type LoggingConfig, loadConfig } from 'hatchery/config'
import { Folder } from '../helpers/config.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, withPool, workerPids } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const tasks = (version: number) => `export default () => [${version}, process.env.COLOUR, process.pid]`

/** A pool of a configuration file that can be written anew. */
async function withLive(
  body: (
    live: LiveConfig,
    pool: Pool,
    write: (pool: object, others?: object) => Promise<ConfigReport>,
    folder: Folder,
  ) => Promise<void>,
  handlers = {},
): Promise<void> {
  using folder = new Folder()
  folder.write('one.mjs', tasks(1))
  folder.write('two.mjs', tasks(2))
  folder.write('broken.mjs', 'throw new Error("out of order")')
  const base = { filename: './one.mjs', start_method: 'fork', min_workers: 1, max_workers: 2 }
  const file = folder.write('pool.json', { pool: base })
  const config = loadConfig(file, { env: {} })
  await withPool(config.pool, async (pool) => {
    const live = new LiveConfig(pool, config, { env: {}, handlers })
    const write = (changes: object, others: object = {}) => {
      folder.write('pool.json', { pool: { ...base, ...changes }, ...others })
      return live.reload()
    }
    await body(live, pool, write, folder)
  })
}

const paths = (changes: readonly { readonly path: string }[]) => changes.map(({ path }) => path)

testOnce('what can change does, at once or with new workers; what cannot waits for a restart, and is told again', (t) =>
  withLive(async (live, pool, write) => {
    const [, , first] = await pool.run(undefined)
    t.deepEqual(await write({}), { applied: [], restart: [] })

    const settings = { kill_grace: '5s', queue_size: 7, task_timeout: '1m', max_workers: 3, concurrency: 4 }
    const { applied, restart } = await write(settings)
    t.deepEqual(paths(applied), ['pool.max_workers', 'pool.task_timeout', 'pool.queue_size', 'pool.kill_grace'])
    t.like(applied[0], { from: 2, to: 3 })
    t.deepEqual(paths(restart), ['pool.concurrency'])
    t.like(restart[0], { from: 1, to: 4, why: 'host and workers have made room for so many' })
    const expected = {
      killGrace: 5000,
      maxQueue: 7,
      queueHighWaterMark: 7,
      taskTimeout: 60_000,
      maxWorkers: 3,
      concurrency: 1,
    }
    t.like(pool.options, expected)
    t.true(workerPids(pool).includes(first), 'the worker is still there')
    t.is(live.current.pool.concurrency, undefined)
    t.deepEqual(paths((await write(settings)).restart), ['pool.concurrency'], 'as long as it waits')

    const code = await write({
      filename: './two.mjs',
      env: { COLOUR: 'red' },
      rlimits: { files: 100 },
      worker_count: 2,
    })
    t.deepEqual(paths(code.applied), [
      'pool.worker_count',
      'pool.max_workers',
      'pool.filename',
      'pool.env',
      'pool.task_timeout',
      'pool.queue_size',
      'pool.kill_grace',
      'pool.rlimits',
    ])
    t.deepEqual(code.restart, [])
    const [version, colour] = await pool.run(undefined)
    t.deepEqual([version, colour], [2, 'red'])
    t.like(
      pool.options,
      { killGrace: 1000, maxQueue: Infinity, queueHighWaterMark: 2000, taskTimeout: 0 },
      'the defaults are back',
    )
    t.false(workerPids(pool).includes(first))

    await write({ worker_count: 2, enable_dynamic_scaling: false })
    t.like(pool.options, { minWorkers: 2, maxWorkers: 2 })
    await until(() => workerPids(pool).length === 2, 20_000, 'there are two')
    const [back, none] = await pool.run(undefined)
    t.deepEqual([back, none], [1, process.env['COLOUR']], 'the environment is that of the host again')
  }),
)

testOnce('a broken file, or code that does not start, changes nothing', (t) =>
  withLive(async (live, pool, write, folder) => {
    await pool.run(undefined)
    const [before, options] = [live.current, pool.options]
    const wrong = await rejection(write({ kill_grace: 7, max_workers: 0 }))
    t.is(wrong.code, 'ERR_HATCHERY_INVALID_CONFIG')
    t.deepEqual(paths(wrong.problems), ['pool.max_workers'])
    folder.write('pool.json', '{')
    t.is((await rejection(live.reload())).code, 'ERR_HATCHERY_INVALID_CONFIG')
    const failed = await rejection(write({ kill_grace: 7, max_workers: 5, filename: './broken.mjs' }))
    t.true(failed.message.includes('out of order'), failed.message)
    t.is(live.current, before)
    t.deepEqual(pool.options, options)
    t.is((await pool.run(undefined))[0], 1)
    // It can be mended, and reloads that are asked for together come one after the other.
    const [first, second] = await Promise.all([write({ filename: './two.mjs' }), live.reload()])
    t.deepEqual([paths(first.applied), second.applied], [['pool.filename'], []])
    t.is((await pool.run(undefined))[0], 2)
  }),
)

testOnce('other sections are taken over by their handlers, or wait for a restart', async (t) => {
  const levels: LoggingConfig[] = []
  let refuses = false
  const handlers = {
    logging: (logging: LoggingConfig) => {
      levels.push(logging)
    },
    service: () => {
      if (refuses) throw new Error('the disk is full')
    },
  }
  await withLive(async (live, pool, write) => {
    const others = { logging: { level: 'debug', max_files: 1 }, service: { max_in_flight: 5, port: 1234 } }
    const { applied, restart } = await write({}, others)
    t.deepEqual(paths(applied), ['logging.level', 'logging.max_files', 'service.max_in_flight'])
    t.deepEqual(paths(restart), ['service.port'])
    t.like(levels, [{ level: 'debug', maxFiles: 1 }] as never)
    t.like(live.current.logging, { level: 'debug', maxFiles: 1 })
    t.like(live.current.service, { maxInFlight: 5, port: undefined })
    refuses = true
    const refused = write({ kill_grace: 9 }, { logging: { level: 'warn' }, service: { max_in_flight: 6 } })
    t.is((await rejection(refused)).message, 'the disk is full')
    t.deepEqual(
      levels.map(({ level }) => level),
      ['debug', 'warn', 'debug'],
      'what was taken over already is taken back',
    )
    t.is(pool.options.killGrace, 1000, 'all or nothing')
    t.is(live.current.logging.level, 'debug')
  }, handlers)
})

testOnce('for a pool that is closed nothing is changed', async (t) => {
  using folder = new Folder()
  const before = folder.load({ pool: { max_workers: 1 } })
  const after = folder.load({ pool: { maxWorkers: 2 } })
  t.deepEqual(paths(diffConfig(before, after)), ['pool.max_workers'])
  const pool = new Pool({ ...before.pool, startMethod: 'fork' })
  await pool.close()
  t.is((await rejection(applyConfig(pool, before, after))).code, 'ERR_HATCHERY_POOL_CLOSED')
})
