/** The machine refuses something, or does what a machine does to programs. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { namespace, testInNamespace } from '../helpers/needs.js'
import { METHODS, rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { processInfo } from '../helpers/proc.js'
import { Shim } from '../helpers/shim.js'
import { until } from '../helpers/until.js'
import type * as Faults from './fixtures/faults.js'

watchForLeaks()

const filename = new URL('./fixtures/faults.js', import.meta.url)
/** Bytes of a result that no lane has room for. */
const LARGE = 64 << 20
const script = fileURLToPath(new URL('./fixtures/machine-host.js', import.meta.url))

/** The whole output of a host; `before` is a shell's commands that prepare what it runs in. */
async function output(host: ChildProcess): Promise<string> {
  let text = ''
  host.stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  const [code] = await once(host, 'close')
  if (code !== 0) throw new Error(`the host ended with ${code}: ${text}`)
  return text
}

function startHost(mode: string, method: string, before?: string, env = process.env): ChildProcess {
  const command = [process.execPath, script, mode, method]
  const options: SpawnOptions = { stdio: ['pipe', 'pipe', 'inherit'], env }
  if (before === undefined) return spawn(command[0]!, command.slice(1), options)
  return spawn('/bin/sh', ['-c', `${before} && exec "$@"`, 'sh', ...command], options)
}

async function report(mode: string, method: string, before?: string): Promise<any> {
  return JSON.parse(await output(startHost(mode, method, before)))
}

testOnce(
  'handles take all descriptors: garbage gives them back, and what is kept is refused with advice',
  async (t) => {
    const { code, message, many, after } = await report('handles', 'fork', 'ulimit -n 200')
    t.is(code, 'ERR_HATCHERY_OUT_OF_DESCRIPTORS')
    t.regex(message, /using.*ulimit -n/)
    t.true(many)
    t.is(after, 100)
  },
)

testEach(
  'descriptors run out: the pool that is up goes on, a new one says so, the next one works',
  async (t, method) => {
    const { before, refused, after } = await report('descriptors', method, 'ulimit -n 160')
    t.is(before, 100)
    t.true(
      [
        'ERR_HATCHERY_SYSTEM',
        'ERR_HATCHERY_LANE',
        'ERR_HATCHERY_POOL_FAILED',
        'ERR_HATCHERY_WORKER_START_FAILED',
      ].includes(refused),
      refused,
    )
    t.is(after, 200)
  },
)

testOnce('they run out as a worker comes: it is given back to its zygote, which goes on', async (t) => {
  const { warning, crash, ...rest } = await report('receiving', 'fork', 'ulimit -n 160')
  t.is(crash, 'ERR_HATCHERY_WORKER_START_FAILED')
  t.regex(warning, /could not be created: Too many open files/)
  t.deepEqual(rest, { before: 100, still: true, after: 100, same: true, zygoteRestarts: 0, lost: 0 })
})

testEach('they run out as a large result comes: its task fails, and the worker goes on', async (t, method) => {
  const { message, attempt, item, ...rest } = await report('results', method, 'ulimit -n 160')
  t.regex(message, /EMFILE/)
  t.is(attempt, 2, 'it may be tried again')
  t.is(item, 'ERR_HATCHERY_RESULT_LOST')
  t.deepEqual(rest, { code: 'ERR_HATCHERY_RESULT_LOST', small: 100, again: LARGE, same: true, crashed: 0, lost: 3 })
})

testEach(
  'a library that reaps all children: how they ended may not be known, and nothing else is lost',
  async (t, method) => {
    using shim = new Shim()
    const { codes, done } = JSON.parse(await output(startHost('reaped', method, undefined, shim.environment(true))))
    t.is(done, 100)
    // A zygote does not let it.
    t.deepEqual(codes, [method === 'fork' ? 'ERR_HATCHERY_WORKER_EXITED' : 'ERR_HATCHERY_WORKER_ENDED'])
  },
)

testEach(
  'processes are started while other threads of the host hold whatever they hold',
  async (t, method) => {
    t.deepEqual(await report('locks', method), { done: 300 })
  },
  60_000,
)

testEach('what workers print as they leave arrives whole', async (t, method) => {
  const lines = (await output(startHost('output', method))).trimEnd().split('\n')
  t.deepEqual(
    lines.map((line) => line.slice(-1)),
    ['1', '2', '3', '}'],
  )
  t.true(lines.slice(0, 3).every(({ length }) => length === 100_001))
})

testEach('a task that goes to another folder takes along nobody but its worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, stdio: 'ignore' }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const here = process.cwd()
    t.is(await tasks.folder(), here)
    t.is(await tasks.folder('/'), '/')
    t.is(process.cwd(), here)
    await rejection(tasks.exit(1))
    t.is(await tasks.folder(), here)
  }),
)

testEach('ten thousand timers, of a task and of the pool', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    const limits = { timeout: 60_000, queueTimeout: 60_000 }
    const fired = pool.run(10_000, { ...limits, name: 'timers' })
    const values = Array.from({ length: 10_000 }, (_, index) => index)
    t.deepEqual(await Promise.all(values.map((value) => pool.run(value, limits))), values)
    t.is(await fired, 10_000)
  }),
)

testEach('results that nobody reads hold up nothing but themselves, and are all there in the end', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    await pool.ready
    // More than rings, arenas and the buffers behind them have room for, of each kind.
    const lengths = Array.from({ length: 20_000 }, (_, index) => (index % 125 === 0 ? 1 << 20 : 500))
    const results = lengths.map((length, index) => tasks.bytes(length, index % 256))
    pool.runSync(1)
    const nap = new Int32Array(new SharedArrayBuffer(4))
    const done = () => pool.workers.reduce((sum, { completed }) => sum + completed, 0)
    for (let before = -1, still = 0; still < 25; ) {
      Atomics.wait(nap, 0, 0, 10)
      const now = done()
      still = now === before ? still + 1 : 0
      before = now
    }
    const closed = pool.close()
    const wrong = (await Promise.all(results)).filter(
      (bytes, index) => bytes.length !== lengths[index] || bytes[0] !== index % 256 || bytes.at(-1) !== index % 256,
    )
    t.is(wrong.length, 0)
    await closed
  }),
)

testEach('children and SIGCHLD listeners of others are left alone, and they leave ours alone', async (t, method) => {
  const { codes, deaths, done, signals } = await report('children', method)
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  t.deepEqual({ codes, deaths, done, signals }, { codes: all, deaths: all, done: 100, signals: true })
})

testEach('a host that was suspended goes on, and none of its workers dies of it', async (t, method) => {
  const host = startHost('suspended', method)
  const [up] = await once(host.stdout!, 'data')
  t.is(String(up), 'up\n')
  host.kill('SIGSTOP')
  await until(() => processInfo(host.pid!)?.state === 'T', 5_000, 'the host is stopped')
  // Nothing is waited for here: it is the passing of time that is to do no harm.
  await delay(2_500)
  host.kill('SIGCONT')
  host.stdin?.write('go on\n')
  const { done, workersCrashed } = JSON.parse(await output(host))
  t.deepEqual({ done, workersCrashed }, { done: 121, workersCrashed: 0 })
})

testEach('a relative path is that of the moment at which the pool was made', async (t, method) => {
  t.deepEqual(await report('chdir', method), { done: 100 })
})

const FULL = 'mount -t tmpfs -o size=4k tmpfs /dev/shm && head -c 8192 /dev/zero > /dev/shm/full 2>/dev/null; true'

for (const method of METHODS) {
  testInNamespace('mount', `a full /dev/shm concerns nobody (${method})`, async (t) => {
    const command = ['/bin/sh', '-c', `{ ${FULL}; } && exec "$@"`, 'sh', process.execPath, script, 'plain', method]
    const host = spawn('unshare', [...namespace('mount'), ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.deepEqual(JSON.parse(await output(host)), { before: 100 })
  })
}
