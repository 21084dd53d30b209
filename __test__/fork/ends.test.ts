/** A task may end its process in any way: it is told from the others, and the worker is replaced. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'
import type * as Ends from './fixtures/ends.js'

watchForLeaks()

const filename = new URL('./fixtures/ends.js', import.meta.url)

const ENDS: [name: keyof typeof Ends, task: unknown, expected: Record<string, unknown>][] = [
  ['exit', 0, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 0 }],
  ['exit', 42, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 42 }],
  ['exitThroughListeners', 6, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 7 }],
  ['abort', undefined, { code: 'ERR_HATCHERY_WORKER_ABORTED', signal: 'SIGABRT' }],
  ['kill', 'SIGKILL', { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGKILL' }],
  ['kill', 'SIGTERM', { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGTERM' }],
  ['exhaust', undefined, { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY', signal: 'SIGABRT' }],
  ['throwLater', undefined, { code: 'ERR_HATCHERY_WORKER_EXITED', exitCode: 1 }],
]

for (const [name, task, expected] of ENDS) {
  testEach(`${name}(${task ?? ''})`, (t, startMethod) =>
    withPool(
      { filename, startMethod, maxWorkers: 1, execArgv: ['--max-old-space-size=64'], stdio: 'ignore' },
      async (pool) => {
        const before = Array.from({ length: 100 }, (_, value) => pool.run(value))
        const failed = rejection(pool.run(task, { name }))
        const after = Array.from({ length: 100 }, (_, value) => pool.run(value))
        t.like(await failed, expected)
        const values = Array.from({ length: 100 }, (_, value) => value)
        t.deepEqual(await Promise.all(before), values)
        t.deepEqual(await Promise.all(after), values)
      },
    ),
  )
}

testEach('what workers print arrives at the host’s own streams', (t, startMethod) => {
  const host = fileURLToPath(new URL('./fixtures/print-host.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [host, startMethod], { encoding: 'utf8' })
  t.is(status, 0, stderr)
  t.true(stdout === `hello from a task\n${'x'.repeat(100_000)}\n`, `${stdout.length} bytes of output`)
  t.regex(stderr, /RangeError: nobody catches this\n\s+at .*ends\.js/)
  t.regex(stderr, new RegExp(`Node\\.js ${process.version}`))
  return Promise.resolve()
})
