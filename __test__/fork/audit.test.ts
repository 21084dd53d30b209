/** What must not be forked is found before the first fork, and named. */
import { Pool, type PoolWarning } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testOnce, withPool } from '../helpers/pool.js'

watchForLeaks()

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url)

const FINDINGS: [file: string, finding: RegExp][] = [
  ['holds-thread.js', /a thread "/],
  ['holds-socket.js', /an open UDP socket|an open socket \(fd \d+ socket:/],
  ['holds-server.js', /a listening TCP server/],
  ['holds-timer.js', /an active timer/],
  ['holds-child.js', /a child process|an open pipe/],
]

for (const [file, finding] of FINDINGS) {
  testOnce(`${file}: fork is refused`, async (t) => {
    const pool = new Pool({ filename: fixture(file), startMethod: 'fork', maxWorkers: 1 })
    pool.on('error', () => {})
    const task = rejection(pool.run())
    const error = await rejection(pool.ready)
    t.is(error.code, 'ERR_HATCHERY_FORK_UNSAFE')
    t.regex(error.message, finding)
    t.regex(error.message, /startMethod: 'spawn'/)
    t.is((await task).code, error.code)
    await pool.destroy()
  })

  testOnce(`${file}: auto falls back to spawn, and says why`, async (t) => {
    const warnings: PoolWarning[] = []
    await withPool({ filename: fixture(file), startMethod: 'auto', maxWorkers: 1 }, async (pool) => {
      pool.on('warning', (warning) => warnings.push(warning))
      t.is(await pool.run(), pool.workers[0]!.pid)
      const stats = pool.stats()
      t.is(stats.startMethod, 'spawn')
      t.regex(String(stats.startMethodReason), finding)
    })
    t.is(warnings.length, 1)
    t.is(warnings[0]?.type, 'start-method')
    t.regex(String(warnings[0]?.message), finding)
  })
}

testOnce('what a module has put away again is no finding', (t) =>
  withPool({ filename: fixture('holds-nothing.js'), startMethod: 'fork', maxWorkers: 1 }, async (pool) => {
    t.is(await pool.run(), pool.workers[0]!.pid)
  }),
)

testOnce('a module loader that runs in a thread: auto falls back to spawn', (t) =>
  withPool(
    {
      filename: fixture('holds-nothing.js'),
      startMethod: 'auto',
      maxWorkers: 1,
      execArgv: ['--import', fixture('loader.js').href],
    },
    async (pool) => {
      t.is(await pool.run(), pool.workers[0]!.pid)
      const { startMethod, startMethodReason } = pool.stats()
      t.is(startMethod, 'spawn')
      t.regex(String(startMethodReason), /forked child hung|a thread/)
    },
  ),
)
