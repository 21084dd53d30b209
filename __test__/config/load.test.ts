/** Configuration files: what they come to, and what is said of those that are no good. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'ava'
import fc from 'fast-check'
import { loadConfig } from 'hatchery/config'
import { Folder, linesOf, problemsOf } from '../helpers/config.js'
import { JsonSyntaxError, parseJson, plainValue } from '../helpers/internal.js'

test('a file with all sections', (t) => {
  using folder = new Folder()
  const tasks = folder.write('tasks.mjs', 'export default () => 1')
  const config = folder.load({
    $schema: 'https://example.org/schema.json',
    pool: {
      name: 'thumbnails',
      filename: './tasks.mjs',
      preload: ['node:zlib', './tasks.mjs'],
      min_workers: 2,
      max_workers: 8,
      queue_size: 1000,
      worker_idle_timeout: '1.5m',
      task_timeout: '30s',
      enable_worker_affinity: true,
      kill_grace: 'infinity',
      max_rss: { soft: '400MiB', hard: '1GB' },
      scaling: { target_queue_wait: '20ms' },
      env: { NODE_ENV: 'production', __proto__: 'no' },
      worker_data: { any: [1, null] },
      recovery: { crash: 'retry' },
      health: false,
    },
    logging: { level: 'debug', file: 'logs/pool.log', max_size: '64MiB', max_files: 3 },
    monitoring: { metrics_port: false, health_check_port: 0, enable_tracing: true },
    service: { socket: 'pool.sock', socket_mode: '0660', max_body_size: 1000 },
  })
  t.is(config.name, 'thumbnails')
  t.deepEqual(config.pool, {
    filename: tasks,
    preload: ['node:zlib', tasks],
    minWorkers: 2,
    maxWorkers: 8,
    maxQueue: 1000,
    idleTimeout: 90_000,
    taskTimeout: 30_000,
    affinity: 'spread',
    killGrace: Infinity,
    maxRss: { soft: 400 << 20, hard: 1e9 },
    scaling: { targetQueueWait: 20 },
    env: { NODE_ENV: 'production' },
    workerData: { any: [1, null] },
    recovery: { crash: 'retry' },
    health: false,
  })
  t.deepEqual(config.logging, {
    level: 'debug',
    file: join(folder.path, 'logs/pool.log'),
    maxSize: 64 << 20,
    maxFiles: 3,
  })
  t.deepEqual(config.monitoring, { host: '127.0.0.1', metricsPort: undefined, healthCheckPort: 0, enableTracing: true })
  t.like(config.service, {
    socket: join(folder.path, 'pool.sock'),
    socketMode: 0o660,
    maxBodySize: 1000,
    port: undefined,
  })
  t.true([config, config.pool, config.logging, config.monitoring, config.service].every(Object.isFrozen))
  const entry = config.entries.find(({ path }) => path === 'pool.max_workers')
  t.like(entry, { value: 8, apply: 'live', source: { kind: 'file', line: 11, column: 20 } })
})

test('camelCase, packages of the folder, and a byte order mark', (t) => {
  using folder = new Folder()
  mkdirSync(join(folder.path, 'node_modules/warm'), { recursive: true })
  const warm = folder.write('node_modules/warm/index.js', '')
  const config = folder.load(
    `\uFEFF${JSON.stringify({ pool: { maxWorkers: 3, maxQueue: 7, preload: ['warm'] }, logging: { maxFiles: 2 } })}`,
  )
  t.deepEqual(config.pool, { maxWorkers: 3, maxQueue: 7, preload: [pathToFileURL(warm).href] })
  t.is(config.logging.maxFiles, 2)
})

test('modules that are not there are told as anything else', (t) => {
  using folder = new Folder()
  t.deepEqual(
    linesOf(() => folder.load({ pool: { filename: './none.js', preload: ['no-such-package'] } })),
    [
      `pool.filename: there is no file ${join(folder.path, 'none.js')}.`,
      `pool.preload[0]: must be a file, or a package that is installed for ${folder.path}; found "no-such-package".`,
    ],
  )
  const urls = { filename: 'file:///%zz', preload: ['file://elsewhere/warm.js'] }
  t.deepEqual(
    linesOf(() => folder.load({ pool: urls })),
    [
      'pool.filename: must be a path; found "file:///%zz".',
      `pool.preload[0]: must be a file, or a package that is installed for ${folder.path}; found "file://elsewhere/warm.js".`,
    ],
  )
})

test('how many workers', (t) => {
  using folder = new Folder()
  const bounds = (pool: object) => {
    const { minWorkers, maxWorkers } = folder.load({ pool }).pool
    return [minWorkers, maxWorkers]
  }
  t.deepEqual(bounds({}), [undefined, undefined])
  t.deepEqual(bounds({ worker_count: 4 }), [4, 4])
  t.deepEqual(bounds({ worker_count: 4, min_workers: 2 }), [2, 4])
  t.deepEqual(bounds({ worker_count: 4, min_workers: 2, max_workers: 8 }), [2, 8])
  t.deepEqual(bounds({ worker_count: 4, min_workers: 2, max_workers: 8, enable_dynamic_scaling: false }), [4, 4])
  t.deepEqual(bounds({ min_workers: 2, max_workers: 8, enable_dynamic_scaling: false }), [8, 8])
  t.deepEqual(
    linesOf(() => folder.load({ pool: { worker_count: 9, max_workers: 8 } })),
    ['pool.worker_count: must be at most pool.max_workers (8); found 9.'],
  )
})

test('all that is wrong is told at once, with its place', (t) => {
  using folder = new Folder()
  const { message, problems } = problemsOf(() =>
    folder.load(`{
  "pool": {
    "max_worker": 8,
    "task_timeout": "30 parsecs",
    "minWorkers": 5, "max_workers": 2,
    "queue_policy": "drop-oldst",
    "max_rss": { "soft": "2GiB", "hard": "1GiB" },
    "health": { "interval": 0 },
    "filename": "./nope.js",
    "exec_argv": ["--a", 3],
    "max_heap": "1MiB",
    "enable_worker_affinity": true, "affinity": "none",
    "idle_timeout": 1, "idle_timeout": 2, "worker_idle_timeout": 3
  },
  "loging": {}
}`),
  )
  const seen = problems.map(({ path, source }) => [path, source.kind === 'file' && `${source.line}:${source.column}`])
  t.deepEqual(seen, [
    ['pool.max_worker', '3:5'],
    ['pool.task_timeout', '4:21'],
    ['pool.min_workers', '5:19'],
    ['pool.queue_policy', '6:21'],
    ['pool.max_rss.soft', '7:26'],
    ['pool.health.interval', '8:29'],
    ['pool.filename', '9:17'],
    ['pool.exec_argv[1]', '10:26'],
    ['pool.max_heap', '11:17'],
    ['pool.enable_worker_affinity', '12:31'],
    ['pool.idle_timeout', '13:24'],
    ['pool.worker_idle_timeout', '13:43'],
    ['loging', '15:3'],
  ])
  for (const part of [
    `${join(folder.path, 'pool.json')} cannot be used; 13 problems:`,
    'pool.json:3:5: pool.max_worker: there is no such key. Did you mean "max_workers"?',
    '          "max_worker": 8,\n          ^',
    'pool.queue_policy: must be one of "reject", "wait", "drop-oldest"; found "drop-oldst". Did you mean "drop-oldest"?',
    'pool.min_workers: must be at most max_workers (2); found 5.',
    'pool.max_rss.soft: must be at most max_rss.hard (1073741824); found "2GiB".',
    'pool.exec_argv[1]: must be text that is not empty; found 3.',
    'pool.worker_idle_timeout: the key is there already, as "idle_timeout"',
  ]) {
    t.true(message.includes(part), `${part}\n\nis not in\n\n${message}`)
  }
})

test('files that cannot be read, or are no JSON', (t) => {
  using folder = new Folder()
  const at = (content: string | Buffer) => {
    const { message, problems } = problemsOf(() => folder.load(content))
    t.is(problems.length, 1)
    const { source } = problems[0]!
    return `${source.kind === 'file' && `${source.line}:${source.column}`} ${problems[0]!.message} ${message.endsWith('^') ? '^' : ''}`
  }
  t.is(at('{ "pool": { } '), '1:15 is no JSON: expected "," or "}", found the end of the file. ^')
  t.is(at('{\n  "pool": {},\n}'), '2:13 is no JSON: a comma before "}", which JSON does not allow. ^')
  t.is(
    at('{ // pool\n}'),
    '1:3 is no JSON: expected a key in double quotes, found a comment, which JSON does not allow. ^',
  )
  t.is(at("{ 'pool': 1 }"), '1:3 is no JSON: expected a key in double quotes, found "\'". ^')
  t.true(at('{ "pool": yes }').startsWith('1:11 is no JSON: "yes", which is neither a number, true'))
  t.is(at('{} {}'), '1:4 is no JSON: expected the end of the file, found "{". ^')
  t.is(at(''), '1:1 is no JSON: expected a value, found the end of the file. ^')
  t.is(at('[1]'), '1:1 must be an object of pool, logging, monitoring, service; found a list. ^')
  t.is(at(Buffer.from([0x7b, 0xff, 0x7d])), '0:0 is not text in UTF-8. ')
  t.true(at('['.repeat(1e5)).includes('nested deeper'))
  const missing = problemsOf(() => folder.load(folder.path) && undefined!)
  t.true(missing.message.includes('found "/"') || missing.problems.length === 1)
  t.deepEqual(
    linesOf(() => folder.load({ pool: 3, logging: null })),
    [...linesOf(() => folder.load({ pool: 3 })), ...linesOf(() => folder.load({ logging: null }))],
  )
})

test('of many keys a message lists none', (t) => {
  using folder = new Folder()
  t.regex(linesOf(() => folder.load({ pool: null }))[0]!, /pool: must be an object; found null\./)
})

test('options that there are not', (t) => {
  const error = t.throws(() => loadConfig(undefined, { evn: {} } as object), { code: 'ERR_HATCHERY_INVALID_OPTION' })
  t.is(error!.message, 'There is no option "evn" (did you mean "env"?); loadConfig takes env, names, checkFiles.')
  const wrong = t.throws(() => loadConfig(5 as unknown as string), { code: 'ERR_HATCHERY_INVALID_OPTION' })
  t.regex(wrong!.message, /path/)
})

test('the parser takes what JSON.parse takes, with the same result', (t) => {
  const ours = (text: string) => {
    try {
      return [plainValue(parseJson(text))]
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error
      return 'refused'
    }
  }
  const theirs = (text: string) => {
    try {
      return [JSON.parse(text)]
    } catch {
      return 'refused'
    }
  }
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '"', '\\', ',', '{', ']', '\n', '1', 'e', '-'),
      (json, at, junk) => {
        t.deepEqual(ours(json), theirs(json))
        const spoilt = json.slice(0, at % (json.length + 1)) + junk + json.slice((at % (json.length + 1)) + 1)
        t.deepEqual(ours(spoilt), theirs(spoilt))
      },
    ),
    { numRuns: 500 },
  )
})
