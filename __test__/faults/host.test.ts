/** The host ends, in whatever way: nothing of its pool is left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, testEach } from '../helpers/pool.js'
import { descendants, holdersOf, isAlive, memfdInodes, processInfo } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/host.js', import.meta.url))

/** What there is of a host's pool while it is up. */
interface Family {
  readonly host: ChildProcess
  readonly pids: number[]
  readonly memfds: string[]
}

async function startHost(mode: string, method: Method): Promise<Family> {
  const host = spawn(process.execPath, [script, mode, method], { stdio: ['pipe', 'pipe', 'ignore'] })
  host.stdin?.on('error', () => {})
  const [text] = await once(host.stdout!, 'data')
  if (String(text) !== 'up\n') throw new Error(`the host says ${String(text)}`)
  const pids = descendants(host.pid).map(({ pid }) => pid)
  const memfds = [...new Set(pids.flatMap(memfdInodes))]
  return { host, pids, memfds }
}

async function exitOf(host: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (host.exitCode === null && host.signalCode === null) await once(host, 'exit')
  return { code: host.exitCode, signal: host.signalCode }
}

/** Neither running nor a zombie that somebody of us should have reaped; the init of a machine reaps in its own time. */
function isGone(pid: number): boolean {
  const info = processInfo(pid)
  return info === undefined || (!isAlive(pid) && info.parent === 1)
}

async function assertGone(t: ExecutionContext, { pids, memfds }: Family, limit: number): Promise<void> {
  // A worker that the host was just about to start is not among `pids`, and holds the lanes until its exec.
  const gone = () => pids.every(isGone) && holdersOf(memfds).length === 0
  await until(gone, limit, 'all processes are gone').catch(() => {})
  t.deepEqual(pids.filter((pid) => !isGone(pid)).map(processInfo), [], 'processes that are left')
  t.deepEqual(holdersOf(memfds), [], 'processes that hold a lane')
}

function assertFamily(t: ExecutionContext, { pids, memfds }: Family, method: Method): void {
  t.is(pids.length, method === 'fork' ? 4 : 3, 'workers, and the zygote if there is one')
  t.is(
    memfds.length,
    method === 'fork' ? 4 : 3,
    'a lane for each worker, and the one on which the zygote makes them ready',
  )
}

/** The contract: within a second. */
const SECOND = 1_000

for (const mode of ['busy', 'idle-kill']) {
  testEach(`a host killed by SIGKILL, ${mode}: zygote and workers are gone within a second`, async (t, method) => {
    for (let round = 0; round < 3; round++) {
      const family = await startHost(mode, method)
      assertFamily(t, family, method)
      const end = exitOf(family.host)
      family.host.kill('SIGKILL')
      t.deepEqual(await end, { code: null, signal: 'SIGKILL' })
      await assertGone(t, family, SECOND)
    }
  })
}

/** A process of Node that is just starting hears of nothing until it is through, which on a busy machine takes long. */
const START = 15_000

testEach('a host killed by SIGKILL while its pool comes up', async (t, method) => {
  for (let round = 0; round < 10; round++) {
    const family = await startHost('early', method)
    // Not always at the same moment of the start: the zygote, then the workers come up.
    for (let turn = 0; turn < round * 4; turn++) await new Promise((resolve) => setTimeout(resolve, 2))
    const pids = descendants(family.host.pid).map(({ pid }) => pid)
    family.host.kill('SIGKILL')
    await exitOf(family.host)
    await assertGone(t, { ...family, pids }, START)
  }
})

testEach('a zygote or worker killed from outside with the host, all at once', async (t, method) => {
  const family = await startHost('busy', method)
  for (const pid of [...family.pids, family.host.pid!]) process.kill(pid, 'SIGKILL')
  await exitOf(family.host)
  await assertGone(t, family, SECOND)
})

testEach('a host that has nothing more to do ends, with an idle pool', async (t, method) => {
  const family = await startHost('idle', method)
  assertFamily(t, family, method)
  family.host.stdin?.write('go\n')
  t.deepEqual(await exitOf(family.host), { code: 0, signal: null })
  await assertGone(t, family, SECOND)
})

const ENDS = {
  exit: { code: 3, signal: null },
  throw: { code: 1, signal: null },
  reject: { code: 1, signal: null },
  abort: { code: null, signal: 'SIGABRT' },
  destroy: { code: 0, signal: null },
} as const

for (const [mode, expected] of Object.entries(ENDS)) {
  testEach(`a host with a busy pool that ends by ${mode}`, async (t, method) => {
    const family = await startHost(mode, method)
    assertFamily(t, family, method)
    family.host.stdin?.write('go\n')
    t.deepEqual(await exitOf(family.host), expected)
    await assertGone(t, family, SECOND)
  })
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  testEach(`a host with a busy pool that is ended by ${signal}`, async (t, method) => {
    const family = await startHost('busy', method)
    family.host.kill(signal)
    t.deepEqual(await exitOf(family.host), { code: null, signal })
    await assertGone(t, family, SECOND)
  })
}
