import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { Pool, type PoolLogger, type PoolWarning } from 'hatchery'
import { pino } from 'pino'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/printing.js', import.meta.url)

interface Entry {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

const { values: LEVELS } = pino.levels

/** A pino logger, and what was logged. No key comes twice in a line. */
function makeLog(level: string) {
  const entries: Entry[] = []
  const write = (line: string) => {
    const entry = JSON.parse(line)
    if (`${JSON.stringify(entry)}\n` !== line) throw new Error(`a key comes twice: ${line}`)
    entries.push(entry)
  }
  const logger = pino({ level }, { write })
  return { entries, logger, find: (msg: string) => entries.find((entry) => entry.msg === msg) }
}

testEach('a pool logs its life, with fields', async (t, startMethod) => {
  const { entries, logger, find } = makeLog('info')
  await withPool({ filename, startMethod, maxWorkers: 1, stdio: 'pipe', logger }, async (pool) => {
    const pid = await pool.run('one', { name: 'say' })
    await rejection(pool.run('SIGKILL', { name: 'crash' }))
    await until(() => find('a worker was killed by SIGKILL'), 10_000, 'the crash is logged')
    const crash = find('a worker was killed by SIGKILL')!
    t.like(crash, { level: LEVELS['error'], workerId: 1, workerPid: pid, code: 'ERR_HATCHERY_WORKER_SIGNALLED' })
    t.true(String(crash['stderr']).endsWith('last words'))
    t.is(crash['taskName'], 'crash')
    t.like(find('out one'), { level: LEVELS['info'], workerId: 1, workerPid: pid, taskName: 'say', stream: 'stdout' })
    t.like(find('err one'), { level: LEVELS['warn'], stream: 'stderr' })
    await pool.run('two', { name: 'say' })
  })
  t.like(find('the pool starts'), { level: LEVELS['info'], startMethod, maxWorkers: 1 })
  t.like(find('workers can be started'), { startMethod })
  t.like(find('a worker is ready'), { level: LEVELS['info'], workerId: 1 })
  t.like(find('a worker has left'), { workerId: 2, completed: 1 })
  t.is(entries.at(-1)!.msg, 'the pool is closed')
  // Steps on the way were not asked for.
  t.is(find('a worker is asked for'), undefined)
})

testOnce('nothing is logged of tasks that run and end, and levels may change', async (t) => {
  const { entries, logger, find } = makeLog('trace')
  await withPool({ filename, minWorkers: 2, maxWorkers: 2, stdio: 'ignore', logger }, async (pool) => {
    await pool.ready
    await until(() => pool.workers.every(({ state }) => state === 'running'), 10_000, 'both workers are up')
    // The log comes with the events of the driver.
    await pool.run('warm', { name: 'say' })
    const before = entries.length
    await Promise.all(Array.from({ length: 200 }, () => pool.run('x', { name: 'say' })))
    t.true(
      entries.length - before < 10,
      entries
        .slice(before)
        .map(({ msg }) => msg)
        .join(),
    )
    logger.level = 'warn'
    await pool.run('x', { name: 'say' })
    const quiet = entries.length
    await pool.resize(3)
    await pool.run('x', { name: 'say' })
    t.is(entries.length, quiet)
    logger.level = 'debug'
    await pool.run('x', { name: 'say' })
    await pool.resize(2)
    await until(() => find('a worker is told to leave'), 10_000, 'the level is heeded')
  })
})

testOnce('what goes wrong is told at the level that it has', async (t) => {
  const { find, entries, logger } = makeLog('warn')
  const broken = new URL('./fixtures/dies-at-load.js', import.meta.url)
  const pool = new Pool({ preload: [broken], startMethod: 'fork', stdio: 'pipe', logger })
  await rejection(pool.ready)
  await pool.destroy()
  const failed = entries.find(({ msg }) => msg.startsWith('the pool has failed'))
  t.like(failed, { level: LEVELS['fatal'], stderr: 'no licence' })
  t.is(find('the pool starts'), undefined)
})

testOnce('anything with the shape will do', async (t) => {
  const lines: string[] = []
  const note = (_: object, message: string) => lines.push(message)
  const logger: PoolLogger = { debug: note, info: note, warn: note, error: note }
  await withPool({ filename, maxWorkers: 1, stdio: 'ignore', logger }, (pool) => pool.run('x', { name: 'say' }))
  t.true(lines.includes('a worker is ready'))
  const error = thrownBy(() => new Pool({ filename, logger: { info: note } as unknown as PoolLogger }))
  t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
})

testOnce('a logger that throws costs its entries and a warning', async (t) => {
  const fail = () => {
    throw new Error('disk full')
  }
  const logger: PoolLogger = { debug: fail, info: fail, warn: fail, error: fail }
  const warnings: PoolWarning[] = []
  await withPool({ filename, maxWorkers: 1, stdio: 'pipe', logger }, async (pool) => {
    pool.on('warning', (warning) => warnings.push(warning))
    for (let index = 0; index < 3; index++) await pool.run('x', { name: 'say' })
  })
  t.deepEqual(
    warnings.map(({ type }) => type),
    ['logger'],
  )
  t.regex(warnings[0]!.message, /disk full/)
})

testOnce('the library itself loads no logger', (t) => {
  // pino is CommonJS, so it is in this cache however it was imported.
  const script = `
    await import('hatchery')
    const { createRequire } = await import('node:module')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(loaded.some((file) => file.includes('pino')))`
  const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  t.is(answer.trim(), 'false')
})
