/** Every part of Node that a fork might break works in a task, in each of several forks. */
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import type * as Apis from './fixtures/apis.js'

watchForLeaks()

const filename = new URL('./fixtures/apis.js', import.meta.url)

const EXPECTED: Record<keyof typeof Apis, unknown> = {
  timers: true,
  interval: 3,
  files: 'a contents',
  cryptography: '632c2812e46d4604102ba7618e9d6d7d 8 64',
  compression: '5000 true',
  http: 'you asked for /this',
  dns: true,
  webAssembly: 144,
  dynamicImport: 'fresh',
  workerThread: 42,
  childProcess: '42 0 42',
  streams: 100_000,
  garbage: true,
  optimizedCode: 1_642_668_640,
  signals: 'SIGUSR2',
  asynchronousIterationOfDirectories: true,
}

for (const [name, expected] of Object.entries(EXPECTED)) {
  testEach(name, (t, startMethod) =>
    withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
      const results = await Promise.all(Array.from({ length: 6 }, () => pool.run(undefined, { name })))
      t.deepEqual(
        results,
        Array.from({ length: 6 }, () => expected),
      )
    }),
  )
}

testEach('all at once in one worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, concurrency: 16 }, async (pool) => {
    const names = Object.keys(EXPECTED)
    t.deepEqual(await Promise.all(names.map((name) => pool.run(undefined, { name }))), Object.values(EXPECTED))
  }),
)
