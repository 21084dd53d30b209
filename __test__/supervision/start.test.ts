/** Modules that cannot be loaded, initialized, or taken into a worker: the reason is told, once. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { HatcheryError, Pool, type PoolOptions, type PoolWarning } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, rejection, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const fixture = (name: string) => new URL(`./fixtures/${name}.js`, import.meta.url)

interface Broken {
  title: string
  options: PoolOptions
  message: RegExp
  code: string | Record<Method, string>
  cause?: Record<string, unknown>
}

const PRELOAD = 'ERR_HATCHERY_PRELOAD_FAILED'

const BROKEN: Broken[] = [
  {
    title: 'a preloaded module that throws',
    options: { filename: fixture('tasks'), preload: [fixture('throws-at-load')] },
    message: /^preload "file:.*throws-at-load\.[jt]s" threw Refused: out of cheese$/,
    code: PRELOAD,
    cause: { name: 'Refused', code: 'ECHEESE', shelves: [1, 2], message: 'out of cheese' },
  },
  {
    title: 'a preloaded module that leaves',
    options: { filename: fixture('tasks'), preload: [fixture('exits-at-load')] },
    message: /^preload "file:.*exits-at-load\.[jt]s" ended the process with exit code 3 while it was loaded/,
    code: PRELOAD,
  },
  {
    title: 'an init that throws',
    options: { filename: fixture('init-throws') },
    message: /^init of "file:.*init-throws\.[jt]s" threw RangeError: no cheese to begin with$/,
    code: PRELOAD,
    cause: { name: 'RangeError', message: 'no cheese to begin with' },
  },
  {
    title: 'an init that leaves',
    options: { filename: fixture('init-exits') },
    message: /^init of "file:.*init-exits\.[jt]s" ended the process with exit code 4/,
    code: PRELOAD,
  },
  {
    title: 'an onFork hook that throws',
    options: { filename: fixture('on-fork-throws') },
    message: /^onFork hook of ".*on-fork-throws\.[jt]s:\d+:\d+" threw RangeError: no connection today$/,
    code: 'ERR_HATCHERY_WORKER_START_FAILED',
    cause: { name: 'RangeError', message: 'no connection today' },
  },
  {
    title: 'a module of the pool that leaves as it is loaded',
    options: { filename: fixture('exits-at-load') },
    message: /^The worker module "file:.*exits-at-load\.[jt]s" ended the process with exit code 3 while it was loaded/,
    code: 'ERR_HATCHERY_WORKER_MODULE_FAILED',
  },
]

for (const { title, options, message, code, cause } of BROKEN) {
  testEach(`${title}: the pool is rejected with that, once`, async (t, startMethod) => {
    const pool = new Pool({ ...options, startMethod, minWorkers: 2, maxWorkers: 2, stdio: 'ignore' })
    const errors: HatcheryError[] = []
    const warnings: PoolWarning[] = []
    pool.on('error', (error) => errors.push(error)).on('warning', (warning) => warnings.push(warning))
    const task = rejection(pool.run())
    const error = await rejection(pool.ready)
    t.true(error instanceof HatcheryError)
    t.is(error.code, code)
    t.regex(error.message, message)
    if (cause !== undefined) {
      t.like(error.cause, cause)
      t.regex(error.cause.stack, /\.[jt]s:\d+/)
    }
    t.is(await task, error)
    await pool.close()
    t.deepEqual(errors, [error])
    t.deepEqual(warnings, [])
  })
}

testEach('a module that ends the worker as it is loaded for a task is to blame, and not the task', (t, startMethod) =>
  withPool({ filename: fixture('tasks'), startMethod, maxWorkers: 1, stdio: 'ignore' }, async (pool) => {
    t.is(await pool.run('fine'), 'fine')
    const error = await rejection(pool.run(undefined, { filename: fixture('exits-at-load'), retries: 3 }))
    t.like(error, { code: 'ERR_HATCHERY_WORKER_MODULE_FAILED', exitCode: 3, attempt: 1 })
    t.regex(error.message, /exits-at-load\.[jt]s" ended the process with exit code 3 while it was loaded/)
    t.is(await pool.run('goes on'), 'goes on')
  }),
)

testEach(
  'workers that fail to start later on: warnings that can be read, pauses, and then the end',
  async (t, startMethod) => {
    const folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
    try {
      const broken = join(folder, 'broken')
      const pool = new Pool({
        filename: fixture('later-broken'),
        startMethod,
        maxWorkers: 1,
        env: { ...process.env, HATCHERY_BROKEN: broken },
        restartBackoff: { initial: 1, max: 5 },
      })
      const warnings: PoolWarning[] = []
      pool.on('warning', (warning) => warnings.push(warning)).on('error', () => {})
      t.is(await pool.run('fine'), 'fine')
      writeFileSync(broken, '')
      await rejection(pool.run(1, { name: 'exit' }))
      const error = await rejection(pool.run('too late'))
      t.is(error.code, 'ERR_HATCHERY_WORKER_START_FAILED')
      t.regex(error.message, /^onFork hook of .*later-broken\.[jt]s.* threw Error: broken meanwhile$/)
      t.is(error.cause.message, 'broken meanwhile')
      await pool.close()
      t.is(warnings.length, 4, 'the fifth is the end')
      for (const warning of warnings) {
        t.like(warning, { type: 'warning', message: error.message })
        t.is(warning.error?.code, 'ERR_HATCHERY_WORKER_START_FAILED')
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)

testOnce('a module that cannot be parsed: the message has what shows where', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
  try {
    const inner = join(folder, 'inner.mjs')
    const outer = join(folder, 'outer.mjs')
    writeFileSync(inner, 'export const x = = 5')
    writeFileSync(outer, "import './inner.mjs'; export default () => 1")
    for (const options of [{ filename: outer }, { filename: fixture('tasks'), preload: [outer] }]) {
      const pool = new Pool({ ...options, startMethod: 'fork', maxWorkers: 1 })
      pool.on('error', () => {})
      const { message } = await rejection(pool.run())
      t.true(message.endsWith(`threw SyntaxError: Unexpected token '=' (to see where, run: node ${outer})`), message)
      await pool.close()
    }
    const { stderr } = spawnSync(process.execPath, [outer], { encoding: 'utf8' })
    t.true(stderr.includes('inner.mjs:1'), stderr)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

testOnce('a strategy for workers that cannot start: the pool is shut down at the first one', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
  try {
    const broken = join(folder, 'broken')
    const env = { ...process.env, HATCHERY_BROKEN: broken }
    const recovery = { ERR_HATCHERY_WORKER_START_FAILED: 'shutdown' } as const
    const pool = new Pool({ filename: fixture('later-broken'), startMethod: 'fork', maxWorkers: 1, env, recovery })
    pool.on('warning', () => {}).on('error', () => {})
    await pool.run('fine')
    writeFileSync(broken, '')
    await rejection(pool.run(1, { name: 'exit' }))
    const error = await rejection(pool.run('too late'))
    t.is(error.code, 'ERR_HATCHERY_POOL_FAILED')
    t.like(error.cause, { code: 'ERR_HATCHERY_WORKER_START_FAILED' })
    t.is(error.cause.cause.message, 'broken meanwhile')
    await pool.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

testOnce('without a listener a warning is printed as text', async (t) => {
  const printed: Error[] = []
  const onWarning = (warning: Error) => void printed.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
  try {
    const broken = join(folder, 'broken')
    const env = { ...process.env, HATCHERY_BROKEN: broken }
    const options = { filename: fixture('later-broken'), startMethod: 'fork', maxWorkers: 1, env } as const
    await withPool({ ...options, restartBackoff: { initial: 1, max: 5 } }, async (pool) => {
      await pool.run('fine')
      writeFileSync(broken, '')
      await rejection(pool.run(1, { name: 'exit' }))
      await until(() => printed.length > 0, 10_000, 'the warning is printed')
      rmSync(broken)
      t.is(await pool.run('mended'), 'mended')
    })
    t.is(printed[0]!.name, 'HatcheryWarning')
    t.regex(printed[0]!.message, /^onFork hook of "[^"]*" threw Error: broken meanwhile$/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

testOnce('a package that is not installed is named as that', (t) => {
  const error = thrownBy(() => new Pool({ preload: ['no-such-package'] }))
  t.is(error.code, 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND')
  t.regex(error.message, /^preload "no-such-package" is neither a package that is installed for .* nor a file there/)
})
