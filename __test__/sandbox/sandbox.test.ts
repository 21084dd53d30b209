/** What is taken from workers, by the kernel that runs these tests; one that lacks it must say so, and then nothing runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { ExecutionContext } from 'ava'
import type { Pool, PoolOptions, SandboxOptions } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { type Method, testEach, testOnce, thrownBy, withPool } from '../helpers/pool.js'
import type * as Attempts from './fixtures/attempts.js'

watchForLeaks()

const filename = new URL('./fixtures/attempts.js', import.meta.url)

/** A pool with a sandbox. Where the kernel lacks it: that the pool says so, and nothing else is tested. */
async function sandboxed(
  t: ExecutionContext,
  startMethod: Method,
  sandbox: SandboxOptions,
  body: (pool: Pool) => Promise<void>,
): Promise<void> {
  try {
    await withPool({ filename, startMethod, maxWorkers: 1, sandbox }, body)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code !== 'ERR_HATCHERY_SANDBOX_UNSUPPORTED') throw error
    t.regex(message, /^sandbox(\.\w+)? needs /)
    t.log(`SKIPPED: ${message}`)
  }
}

function temporary<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-sandbox-'))
  return body(folder).finally(() => rmSync(folder, { recursive: true }))
}

testEach('fs: only what is granted can be opened, by any thread', (t, startMethod) =>
  temporary(async (folder) => {
    const [readable, writable, secret] = ['readable', 'writable', 'secret'].map((name) => {
      const path = join(folder, name)
      writeFileSync(path, name)
      return path
    }) as [string, string, string]
    const fs = { read: [readable], write: [writable] }
    await sandboxed(t, startMethod, { fs }, async (pool) => {
      const tasks = pool.tasks<typeof Attempts>()
      t.deepEqual(await tasks.read(readable), ['done', 'done', 'done'])
      t.deepEqual(await tasks.read(writable), ['done', 'done', 'done'])
      t.deepEqual(await tasks.read(secret), ['EACCES', 'EACCES', 'EACCES'])
      t.deepEqual(await tasks.read('/etc/passwd'), ['EACCES', 'EACCES', 'EACCES'])
      t.deepEqual(await tasks.write(writable), ['done', 'done'])
      t.deepEqual(await tasks.write(readable), ['EACCES', 'EACCES'])
      t.deepEqual(await tasks.write(join(folder, 'new')), ['EACCES', 'EACCES'])
      t.deepEqual([await tasks.truncate(readable), await tasks.truncate(writable)], ['EACCES', 'done'])
      t.deepEqual([await tasks.remove(readable), await tasks.rename(secret)], ['EACCES', 'EACCES'])
      t.is(await tasks.list(folder), 'EACCES')
      t.deepEqual(await tasks.spy(process.pid), ['EACCES', 'EACCES'])
      // What the pool itself needs goes on: limits that are files, large values, modules.
      t.is(await tasks.standing(), Math.min(1000, Number(readFileSync('/proc/self/oom_score_adj', 'utf8')) + 100))
      t.true(Buffer.alloc(3_000_000, 7).equals(await tasks.large()))
      t.like(await tasks.ordinary(), { hash: 64, uuid: 36 })
      t.is(readFileSync(readable, 'utf8'), 'readable')
    })
  }),
)

testEach("fs: 'read-only'", (t, startMethod) =>
  temporary((folder) =>
    sandboxed(t, startMethod, { fs: 'read-only' }, async (pool) => {
      const tasks = pool.tasks<typeof Attempts>()
      t.deepEqual(await tasks.read('/etc/passwd'), ['done', 'done', 'done'])
      t.deepEqual(await tasks.write(join(folder, 'new')), ['EACCES', 'EACCES'])
      t.deepEqual(await tasks.write('/dev/null'), ['done', 'done'])
    }),
  ),
)

testEach('net, exec and signals: what is false is refused, the rest is not', async (t, startMethod) => {
  const server = net.createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  const { port } = await new Promise<AddressInfo>((resolve) =>
    server.once('listening', () => resolve(server.address() as AddressInfo)),
  )
  const target = { host: '127.0.0.1', port }
  try {
    await sandboxed(t, startMethod, { net: false, exec: false, signals: false }, async (pool) => {
      const tasks = pool.tasks<typeof Attempts>()
      t.is(await tasks.connect(target), 'EACCES')
      t.is(await tasks.connect({ path: '/tmp/no.sock' }), 'EACCES')
      t.is(await tasks.execute(), 'EPERM')
      t.deepEqual([await tasks.signal(process.pid), await tasks.signal(0)], ['EPERM', 'EPERM'])
      t.is(await tasks.signalSelf(), 'done')
      t.deepEqual(await tasks.status(), { noNewPrivileges: '1', seccomp: '2', rings: 0 })
      t.deepEqual(await tasks.read('/etc/passwd'), ['done', 'done', 'done'])
      t.like(await tasks.ordinary(), { hash: 64, uuid: 36 })
    })
    await sandboxed(t, startMethod, { net: false }, async (pool) => {
      const tasks = pool.tasks<typeof Attempts>()
      t.is(await tasks.connect(target), 'EACCES')
      t.deepEqual([await tasks.execute(), await tasks.signal(process.pid)], ['done', 'done'])
    })
    await sandboxed(t, startMethod, { signals: false }, async (pool) => {
      const tasks = pool.tasks<typeof Attempts>()
      t.is(await tasks.connect(target), 'done')
      t.is(await tasks.signal(process.pid), 'EPERM')
      t.is(await tasks.signalChild(), 'SIGTERM')
    })
  } finally {
    server.close()
  }
})

testEach('fresh: each task has a worker of its own', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2, sandbox: 'fresh' }, async (pool) => {
    t.like(pool.options, { maxTasks: 1, spares: 2, concurrency: 1 })
    const tasks = pool.tasks<typeof Attempts>()
    const answers = await Promise.all(Array.from({ length: 6 }, () => tasks.ask()))
    t.deepEqual(
      answers.map(([count]) => count),
      [1, 1, 1, 1, 1, 1],
    )
    t.is(new Set(answers.map(([, pid]) => pid)).size, 6)
  }),
)

const BAD: [PoolOptions, string][] = [
  [{ sandbox: 'strict' as 'fresh' }, 'sandbox'],
  [{ sandbox: null as unknown as 'fresh' }, 'sandbox'],
  [{ sandbox: { network: false } as SandboxOptions }, 'network'],
  [{ sandbox: { net: 'no' as unknown as boolean } }, 'sandbox.net'],
  [{ sandbox: { fs: 'none' as 'read-only' } }, 'sandbox.fs'],
  [{ sandbox: { fs: { read: '/' as unknown as string[] } } }, 'sandbox.fs.read'],
  [{ sandbox: { fs: { write: ['/not/there'] } } }, 'sandbox.fs.write'],
  [{ sandbox: 'fresh', concurrency: 2 }, 'concurrency'],
  [{ sandbox: 'fresh', maxTasks: 5 }, 'maxTasks'],
]

testOnce('a sandbox is checked where it is given', async (t) => {
  const { Pool } = await import('hatchery')
  for (const [options, named] of BAD) {
    const error = thrownBy(() => new Pool({ filename, ...options }))
    t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION', JSON.stringify(options))
    t.true(error.message.includes(named), error.message)
  }
})
