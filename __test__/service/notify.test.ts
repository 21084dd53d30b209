/** What the service manager is told: a stand-in for systemd listens. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { loadNative } from '../../src/native/index.js'
import { Daemon, Folder } from '../helpers/daemon.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const SLOW = fileURLToPath(new URL('./fixtures/slow-to-load.js', import.meta.url))
const HOST = fileURLToPath(new URL('./fixtures/hanging-host.js', import.meta.url))

/** Node has no datagram sockets of this family. */
const LISTENER = `
import socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + name[1:] if name[0] == "@" else name)
print("listening", flush=True)
while True:
    for line in s.recv(65536).decode().split("\\n"): print(line, flush=True)
`

/** Prints what it is told, a line each. */
class Manager implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  lines: string[] = []

  constructor(socket: string) {
    this.#process = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process.once('error', (error) => {
      throw new Error('python3 is missing: apt-get install python3-minimal', { cause: error })
    })
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve))
    let rest = ''
    this.#process.stdout!.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      this.lines.push(...lines)
    })
  }

  /** Waits until it was told that so many times. */
  async hears(word: RegExp, times = 1): Promise<string> {
    const heard = () => this.lines.filter((line) => word.test(line))[times - 1]
    return (await until(heard, 20_000, `the manager hears ${word}; it heard ${this.lines}`))!
  }

  count(word: string): number {
    return this.lines.filter((line) => line === word).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }
}

testOnce('the manager is told of the start, of reloads, of the end; workers know nothing of it', async (t) => {
  using folder = new Folder()
  const socket = folder.file('notify')
  await using manager = new Manager(socket)
  await manager.hears(/^listening$/)
  await using daemon = await Daemon.start([], { env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' } })
  await manager.hears(/^READY=1$/)
  // Lines of a message may come one by one.
  await manager.hears(new RegExp(`^MAINPID=${daemon.process.pid}$`))
  await manager.hears(/^STATUS=1 workers?, 0 tasks running/)
  await manager.hears(/^WATCHDOG=1$/, 3)
  const environment = await daemon.client.run('environment')
  t.deepEqual(
    Object.keys(environment).filter((name) => /NOTIFY|WATCHDOG/.test(name)),
    [],
  )
  daemon.process.kill('SIGUSR2')
  await manager.hears(/^RELOADING=1$/)
  const since = Number((await manager.hears(/^MONOTONIC_USEC=\d+$/)).slice('MONOTONIC_USEC='.length))
  const now = Number(process.hrtime.bigint() / 1000n)
  t.true(since <= now && since > now - 60_000_000, 'of the clock that systemd means')
  await manager.hears(/^READY=1$/, 2)
  daemon.process.kill('SIGTERM')
  await manager.hears(/^STOPPING=1$/)
  await manager.hears(/^EXTEND_TIMEOUT_USEC=30000000$/)
  t.is(await daemon.ended, 0)
})

testOnce('the manager is told that the daemon is ready when that can run tasks, and not before', async (t) => {
  using folder = new Folder()
  const socket = folder.file('notify')
  await using manager = new Manager(socket)
  await manager.hears(/^listening$/)
  using gate = new Gate()
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000', GATE: gate.path }
  await using daemon = new Daemon(['--preload', SLOW], { env })
  await gate.entered(20_000)
  // It answers, so it has come as far as it comes without its workers. (Statistics are told before it is ready.)
  await until(() => existsSync(daemon.socket), 20_000, 'the daemon listens')
  t.true((await daemon.client.stats()) !== undefined)
  t.true(loadNative().notifyManager(socket, 'SO_FAR=1'))
  await manager.hears(/^SO_FAR=1$/)
  t.deepEqual(manager.lines, ['listening', 'SO_FAR=1'])
  gate.open()
  await manager.hears(/^READY=1$/)
  t.is(await daemon.client.run('default', 7), 7)
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
})

testOnce('a host that hangs is seen, one that comes back is well again', async (t) => {
  // An abstract name.
  const socket = `@hatchery-test-${process.pid}`
  await using manager = new Manager(socket)
  await manager.hears(/^listening$/)
  using gate = new Gate()
  const host = spawn(process.execPath, [HOST, socket, gate.path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => host.once('close', resolve))
  await manager.hears(/^WATCHDOG=1$/, 2)
  // From here on its JavaScript is stuck, while the guardian turns the driver: tasks go on.
  await gate.entered()
  const before = manager.count('WATCHDOG=1')
  await until(() => existsSync(gate.note('turned')), 20_000, 'the driver was turned for ten limits')
  t.true(manager.count('WATCHDOG=1') <= before + 1, 'it was heard of for half a limit more, at most')
  gate.open()
  await manager.hears(/^WATCHDOG=1$/, before + 3)
  host.kill('SIGKILL')
  await ended
})

testOnce('a watchdog that is meant for another process is left alone', async (t) => {
  using folder = new Folder()
  const socket = folder.file('notify')
  await using manager = new Manager(socket)
  await manager.hears(/^listening$/)
  const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '100000', WATCHDOG_PID: '1' }
  await using daemon = await Daemon.start([], { env })
  await manager.hears(/^READY=1$/)
  daemon.process.kill('SIGTERM')
  t.is(await daemon.ended, 0)
  await manager.hears(/^STOPPING=1$/)
  t.is(manager.count('WATCHDOG=1'), 0)
})
