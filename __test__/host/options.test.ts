import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { relative } from 'node:path'
import { cwd } from 'node:process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import test from 'ava'
import {
  inheritedExecArgv,
  loadNative,
  packOptions,
  preloadUrl,
  resolveOptions,
  workerFileUrl,
} from '../helpers/internal.js'
import { codeOf } from '../helpers/round-trip.js'

const INVALID = 'ERR_HATCHERY_INVALID_OPTION'
const NOT_FOUND = 'ERR_HATCHERY_WORKER_FILE_NOT_FOUND'
const here = import.meta.url
const herePath = fileURLToPath(here)

test('defaults', (t) => {
  const options = resolveOptions({})
  t.is(options.filename, undefined)
  t.is(options.name, 'default')
  t.is(options.minWorkers, 1)
  // Less where a control group grants less than there are processors.
  t.true(options.maxWorkers >= 1 && options.maxWorkers <= availableParallelism())
  t.is(options.affinity, 'none')
  t.is(options.concurrency, 1)
  t.is(options.startMethod, 'auto')
  t.is(options.env, undefined)
  t.is(options.stdout, 'inherit')
})

test("piscina's names are aliases", (t) => {
  const options = resolveOptions({ minThreads: 2, maxThreads: 3, concurrentTasksPerWorker: 4 })
  t.is(options.minWorkers, 2)
  t.is(options.maxWorkers, 3)
  t.is(options.maxThreads, 3)
  t.is(options.concurrency, 4)
})

test('an alias that contradicts is refused', (t) => {
  t.is(resolveOptions({ minWorkers: 2, minThreads: 2, maxThreads: 3 }).minWorkers, 2)
  for (const both of [
    { minWorkers: 1, minThreads: 2 },
    { maxWorkers: 1, maxThreads: 2 },
    { concurrency: 1, concurrentTasksPerWorker: 2 },
  ]) {
    t.is(
      codeOf(() => resolveOptions(both)),
      INVALID,
    )
  }
})

test('minWorkers raises a maxWorkers that was left out, and contradicts one that was not', (t) => {
  t.is(resolveOptions({ minWorkers: 1000 }).maxWorkers, 1000)
  t.is(
    codeOf(() => resolveOptions({ minWorkers: 3, maxWorkers: 2 })),
    INVALID,
  )
  t.is(resolveOptions({ minWorkers: 0, maxWorkers: 1 }).minWorkers, 0)
})

test('Infinity is a time that never comes', (t) => {
  const options = resolveOptions({ idleTimeout: Infinity, killGrace: Infinity, startTimeout: Infinity })
  t.is(options.idleTimeout, 0)
  t.is(options.killGrace, 0xffff_ffff)
  t.is(options.startTimeout, 0xffff_ffff)
  t.is(options.queueTimeout, 0)
  t.is(resolveOptions({ queueTimeout: 1.5 }).queueTimeout, 2)
  t.is(packOptions({ queueTimeout: Infinity }).queueTimeout, 0xffff_ffff)
  t.is(packOptions({}).queueTimeout, 0)
})

test('health has defaults, one by one, and can be left to itself', (t) => {
  const defaults = { interval: 1000, stoppedTimeout: 10_000, unresponsiveTimeout: 30_000, blockedTimeout: 0 }
  t.deepEqual(resolveOptions({}).health, defaults)
  t.deepEqual(resolveOptions({ health: { blockedTimeout: 5 } }).health, { ...defaults, blockedTimeout: 5 })
  t.deepEqual(resolveOptions({ health: { stoppedTimeout: Infinity } }).health, { ...defaults, stoppedTimeout: 0 })
  t.is(resolveOptions({ health: false }).health, false)
})

const BAD_POOL: Record<string, unknown>[] = [
  { maxWorkers: 0 },
  { maxWorkers: 1.5 },
  { maxWorkers: '2' },
  { minWorkers: -1 },
  { concurrency: 0 },
  { startMethod: 'thread' },
  { name: '' },
  { name: 5 },
  { filename: 5 },
  { filename: new URL('https://example.com/w.js') },
  { filename: 'file://host/w.js' },
  { preload: 'x' },
  { execArgv: '--expose-gc' },
  { execArgv: [1] },
  { env: { A: 1 } },
  { env: { A: 'a\0b' } },
  { idleTimeout: -1 },
  { startTimeout: 0 },
  { queueTimeout: 0 },
  { health: true },
  { recovery: { WORKER_SIGNALLED: 'retry' } },
  { recovery: { ERR_HATCHERY_WORKER_SIGNALED: 'retry' } },
  { recovery: { ERR_HACTHERY_WORKER_EXITED: 'retry' } },
  { recovery: { workerExited: 'retry' } },
  { recovery: { TASK_TIMEUOT: 'retry' } },
  { recovery: { Crash: 'retry' } },
  { recovery: { crashed: 'retry' } },
  { recovery: { throws: 'retry' } },
  { recovery: { defaults: 'retry' } },
  { health: { interval: 0 } },
  { health: { blockedTimeout: '5' } },
  { health: { timeout: 5 } },
  { killGrace: NaN },
  { stdio: 'file' },
  { stdio: { stdout: 'file' } },
  { affinity: 'scatter' },
  { affinity: 1 },
  { affinity: [] },
  { maxWorker: 2 },
]

for (const options of BAD_POOL) {
  test(`refused by name: ${inspect(options)}`, (t) => {
    const error = t.throws(() => resolveOptions(options))
    t.is((error as Error & { code?: string }).code, INVALID)
    t.true(error!.message.includes(Object.keys(options)[0]!))
  })
}

test('every code that the guide has for `recovery` is taken', (t) => {
  const rows = readFileSync('docs/guide/recovery.md', 'utf8').match(/^\| `ERR_HATCHERY_[^|]+/gm) ?? []
  const named = rows.flatMap((row) => [...row.matchAll(/`(ERR_HATCHERY|…)(\w+)`/g)])
  t.true(named.length > 10)
  for (const [, prefix, name] of named) {
    const code = `${prefix === '…' ? 'ERR_HATCHERY_WORKER' : prefix}${name}`
    t.notThrows(() => resolveOptions({ recovery: { [code]: 'retry' } }), code)
  }
})

test('affinity: lists are copied, and what is wrong is named', (t) => {
  const [own = 0] = loadNative().allowedProcessors()
  const lists = [[own], [own, own]]
  const { affinity } = resolveOptions({ affinity: lists })
  t.deepEqual(affinity, lists)
  lists[0]!.push(-1)
  t.deepEqual(affinity, [[own], [own, own]])
  t.is(resolveOptions({ affinity: 'spread' }).affinity, 'spread')
  const wrong: [unknown, string][] = [
    [[own], 'affinity[0]'],
    [[[own], []], 'affinity[1]'],
    [[[own], [own, 1.5]], 'affinity[1][1]'],
    [[[-1]], 'affinity[0][0]'],
    [[[String(own)]], 'affinity[0][0]'],
    [[[own], [65_535]], 'affinity[1][0]'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is no list
    [[, [own]], 'affinity[0]'],
  ]
  for (const [value, name] of wrong) {
    const error: any = t.throws(() => resolveOptions({ affinity: value as number[][] }))
    t.is(error.code, INVALID)
    t.true(error.message.includes(`"${name}"`), error.message)
  }
})

const BAD_RUN: Record<string, unknown>[] = [
  { timeout: 0 },
  { timeout: -1 },
  { timeout: NaN },
  { timeout: '5' },
  { priority: 'urgent' },
  { priority: 1 },
  { retries: -1 },
  { retries: 256 },
  { retries: 0.5 },
  { signal: {} },
  { signal: null },
  { onProgress: 5 },
]

for (const options of BAD_RUN) {
  test(`refused at run: ${inspect(options)}`, (t) => {
    t.is(
      codeOf(() => packOptions(options)),
      INVALID,
    )
  })
}

test('options of a task are packed', (t) => {
  t.is(packOptions({}).word, 1)
  t.is(packOptions({ priority: 'high' }).word, 0)
  t.is(packOptions({ priority: 'low', retries: 255 }).word, 2 | (255 << 8))
  t.is(packOptions({ timeout: 1.2 }).timeout, 2)
  t.is(packOptions({ timeout: Infinity }).timeout, 0)
})

test('a worker file: path, relative path, URL, URL text', (t) => {
  for (const name of [herePath, relative(cwd(), herePath), new URL(here), here]) {
    t.is(workerFileUrl('filename', name), here)
  }
})

test('a worker file that is not there, or a folder', (t) => {
  for (const name of ['/nowhere/worker.js', new URL('./missing.js', here), new URL('.', here)]) {
    t.is(
      codeOf(() => workerFileUrl('filename', name)),
      NOT_FOUND,
    )
  }
})

test('preload takes packages, built-in modules and files', (t) => {
  t.true(preloadUrl('typescript').endsWith('/typescript.js'))
  t.is(preloadUrl('node:zlib'), 'node:zlib')
  t.is(preloadUrl(herePath), here)
  t.is(
    codeOf(() => preloadUrl('no-such-package')),
    NOT_FOUND,
  )
})

test("what of the host's execArgv is inherited", (t) => {
  t.deepEqual(
    inheritedExecArgv([
      '--import',
      './loader.js',
      '--inspect=9229',
      '--max-old-space-size=100',
      '-e',
      'code()',
      '--input-type',
      'module',
      '--watch',
      '--watch-path',
      'src',
      '--test',
      '--conditions=x',
      '--cpu-prof',
      '--enable-source-maps',
      '-p',
      '1 + 1',
    ]),
    ['--import', './loader.js', '--max-old-space-size=100', '--conditions=x', '--enable-source-maps'],
  )
})

test('a name that is nearly one of an option', (t) => {
  const error = t.throws(() => resolveOptions({ maxWorker: 3 } as object))
  t.regex(error!.message, /^There is no option "maxWorker" \(did you mean "maxWorkers"\?\); Pool takes filename, /)
})
