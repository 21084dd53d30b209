/** Signals of the daemon. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Daemon, Folder } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

testOnce('SIGTERM waits for tasks, and takes no more', async (t) => {
  await using daemon = await Daemon.start()
  using gate = new Gate()
  const running = daemon.client.run('gate', gate.path)
  await gate.entered()
  daemon.process.kill('SIGTERM')
  await daemon.says('the daemon is stopping')
  const refused = await daemon.request('/v1/tasks', { json: { wait: true } })
  t.is(refused.status, 503)
  t.is((await daemon.client.list()).pending, 1, 'it can be asked')
  gate.open()
  t.is(await running, 'passed')
  t.is(await daemon.ended, 0)
  t.is((await daemon.says('has ended'))['cancelled'], 0)
})

testOnce('a second signal, or the end of closeTimeout, waits for nothing', async (t) => {
  await using daemon = await Daemon.start()
  const running = t.throwsAsync(daemon.client.run('wait'), { code: 'ERR_HATCHERY_POOL_CLOSED' })
  await waitUntilRunning(daemon)
  daemon.process.kill('SIGINT')
  await daemon.says('the daemon is stopping')
  daemon.process.kill('SIGINT')
  await running
  t.is(await daemon.ended, 130)

  await using limited = await Daemon.start(['--close-timeout', '50'])
  const cut = t.throwsAsync(limited.client.run('wait'), { code: 'ERR_HATCHERY_POOL_CLOSED' })
  await waitUntilRunning(limited)
  limited.process.kill('SIGTERM')
  await cut
  t.is(await limited.ended, 0)
  t.is((await limited.says('has ended'))['cancelled'], 1)
})

testOnce('SIGUSR1 writes the figures, and opens no debugger', async (t) => {
  await using daemon = await Daemon.start()
  await daemon.client.run(undefined, 1)
  daemon.process.kill('SIGUSR1')
  const { stats } = await daemon.says('statistics')
  t.is(stats.completed, 1)
  t.is(stats.service.pid, daemon.process.pid)
  t.false(daemon.errors.includes('Debugger'), daemon.errors)
  t.is(listeningPorts(daemon.process.pid!), 0)
})

testOnce('SIGUSR2 rolls the workers; SIGHUP without a file changes nothing', async (t) => {
  await using daemon = await Daemon.start()
  const before = await daemon.client.run('pid')
  daemon.process.kill('SIGUSR2')
  await daemon.says('all workers run the new code')
  t.not(await daemon.client.run('pid'), before)
  daemon.process.kill('SIGHUP')
  await daemon.says('nothing to read anew')
  t.is(await daemon.client.run(undefined, 2), 2)
})

testOnce('a configuration that comes while the workers are rolled is taken over when they are', async (t) => {
  using folder = new Folder()
  using gate = new Gate()
  const file = folder.file('pool.json')
  writeFileSync(file, '{}')
  await using daemon = await Daemon.start(['--config', file, '--concurrency', '2'], {
    env: { HATCHERY_POOL_MIN_WORKERS: '1' },
  })
  const running = daemon.client.run('gate', gate.path)
  await gate.entered()
  daemon.process.kill('SIGUSR2')
  await until(async () => (await daemon.client.stats()).generation === 2, 10_000, 'the roll has begun')
  writeFileSync(file, JSON.stringify({ pool: { spares: 1, env: { PATH: process.env['PATH'], COLOUR: 'green' } } }))
  daemon.process.kill('SIGHUP')
  const hasSpare = async () => (await daemon.client.stats()).workers.some(({ spare }) => spare)
  await until(hasSpare, 10_000, 'what needs no other workers has changed')
  gate.open()
  t.is(await running, 'passed')
  t.deepEqual((await daemon.says('configuration was read anew'))['applied'], ['pool.spares', 'pool.env'])
  t.is((await daemon.client.run<Record<string, string>>('environment'))['COLOUR'], 'green')
})

testOnce('a pool that fails ends the daemon', async (t) => {
  await using daemon = new Daemon(['--preload', fileURLToPath(new URL('./fixtures/broken.js', import.meta.url))])
  t.is(await daemon.ended, 1)
  t.regex(daemon.errors, /ERR_HATCHERY_PRELOAD_FAILED/)
  t.deepEqual(readdirSync(daemon.folder.path), [])
})

async function waitUntilRunning({ client }: Daemon): Promise<void> {
  for (;;) {
    const { tasks } = await client.list()
    if (tasks[0]?.state === 'running') return
  }
}

/** TCP ports that the process listens on. */
function listeningPorts(pid: number): number {
  const sockets = new Set(
    readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A')
      .map((fields) => `socket:[${fields[9]}]`),
  )
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => sockets.has(linkOf(pid, fd))).length
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return ''
  }
}
