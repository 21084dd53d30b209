/** The machine refuses something, or does what a machine does to programs. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach } from '../helpers/pool.js'
import { processInfo } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

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

function startHost(mode: string, method: string, before?: string): ChildProcess {
  const command = [process.execPath, script, mode, method]
  const stdio = ['pipe', 'pipe', 'inherit'] as const
  if (before === undefined) return spawn(command[0]!, command.slice(1), { stdio: [...stdio] })
  return spawn('/bin/sh', ['-c', `${before} && exec "$@"`, 'sh', ...command], { stdio: [...stdio] })
}

async function report(mode: string, method: string, before?: string): Promise<any> {
  return JSON.parse(await output(startHost(mode, method, before)))
}

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

testEach('a full /dev/shm concerns nobody', async (t, method) => {
  if (spawnSync('unshare', ['--mount', 'true']).status !== 0) {
    t.log('not tried: this process may not have a mount namespace of its own (unshare --mount)')
    t.pass()
    return
  }
  const command = [
    '--mount',
    '/bin/sh',
    '-c',
    `{ ${FULL}; } && exec "$@"`,
    'sh',
    process.execPath,
    script,
    'plain',
    method,
  ]
  const host = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.deepEqual(JSON.parse(await output(host)), { before: 100 })
})
