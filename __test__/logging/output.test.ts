import { once } from 'node:events'
import process from 'node:process'
import type { OutputInfo, Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/printing.js', import.meta.url)

/** What the pool has read so far. */
function outputOf(pool: Pool): OutputInfo[] {
  const output: OutputInfo[] = []
  pool.on('output', (line) => output.push(line))
  return output
}

const linesOf = (output: readonly OutputInfo[], stream: OutputInfo['stream'] = 'stdout') =>
  output.filter((line) => line.stream === stream).map(({ line }) => line)

testEach('lines come with worker, process, task and stream', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, stdio: 'pipe' }, async (pool) => {
    const output = outputOf(pool)
    const pid = await pool.run('one', { name: 'say' })
    await pool.run('two', { name: 'say' })
    await pool.run('three', { name: 'native' })
    await until(() => output.length === 8, 10_000, 'all lines have come')
    t.deepEqual(linesOf(output), ['loaded by nobody', 'out one', 'bytes one', 'out two', 'bytes two', 'native three'])
    t.deepEqual(linesOf(output, 'stderr'), ['err one', 'err two'])
    const loaded = output.find(({ line }) => line.startsWith('loaded'))!
    t.is(loaded.taskId, undefined)
    // By the zygote, or by the worker itself.
    t.is(loaded.workerId, startMethod === 'fork' ? undefined : 1)
    const ofTasks = output.filter((line) => line !== loaded)
    t.true(ofTasks.every((line) => line.workerId === 1 && line.pid === pid))
    const ids = new Set(ofTasks.filter(({ taskName }) => taskName === 'say').map(({ taskId }) => taskId))
    t.is(ids.size, 2)
  }),
)

testOnce('tasks side by side have each their own lines', (t) =>
  withPool({ filename, maxWorkers: 1, concurrency: 2, stdio: 'pipe' }, async (pool) => {
    const output = outputOf(pool)
    const pauses = 10
    await Promise.all(['a', 'b'].map((text) => pool.run({ text, pauses }, { name: 'slowly' })))
    await until(() => output.filter(({ taskId }) => taskId).length === 2 * pauses, 10_000, 'all lines have come')
    const pairs = output.filter(({ taskId }) => taskId).map(({ taskId, line }) => `${taskId} ${line[0]}`)
    t.is(new Set(pairs).size, 2)
  }),
)

testEach('nothing of much is lost', async (t, startMethod) => {
  const lines = 20_000
  await withPool({ filename, startMethod, maxWorkers: 1, stdio: 'pipe' }, async (pool) => {
    const output = outputOf(pool)
    await pool.run(lines, { name: 'much' })
    await until(() => output.length === lines + 1, 20_000, 'all lines have come')
    t.true(output.every(({ line }, at) => at === 0 || line.startsWith(`${at - 1} `)))
    t.true(output.every(({ dropped }) => dropped === undefined))
  })
})

testOnce('a flood that comes while the thread is busy is not all its next turn is about', (t) =>
  withPool({ filename, maxWorkers: 1, stdio: 'pipe' }, async (pool) => {
    let lines = 0
    pool.on('output', () => lines++)
    const inOneTurn: number[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      await until(() => lines >= attempt * 32_768, 20_000, 'the one before has come')
      const flooded = pool.run(2, { name: 'flood' })
      const before = lines
      await until(() => lines > before, 10_000, 'it begins')
      const begin = performance.now()
      while (performance.now() - begin < 250);
      const busy = lines
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
      inOneTurn.push(lines - busy)
      await flooded
    }
    // A machine that stands still for a while has a thread look busier than it is, and it is given more.
    t.true(Math.min(...inOneTurn) < 20_000, `${inOneTurn} lines`)
  }),
)

testOnce('a thread that waits for a task that prints more than it will look at drops lines, and says how many', (t) =>
  withPool({ filename, maxWorkers: 1, stdio: 'pipe' }, async (pool) => {
    const output = outputOf(pool)
    const lines = 100_000
    pool.runSync(lines, { name: 'much', timeout: 25_000 })
    await pool.run('after', { name: 'say' })
    await until(() => output.some(({ line }) => line === 'bytes after'), 20_000, 'the last line has come')
    const printed = output.filter(({ taskName }) => taskName === 'much').length
    const dropped = output.reduce((sum, line) => sum + (line.dropped ?? 0), 0)
    t.is(printed + dropped, lines)
    t.true(dropped > 0)
  }),
)

testOnce('a line too long comes in pieces, and one without an end at the end', async (t) => {
  const output: OutputInfo[] = []
  await withPool({ filename, maxWorkers: 1, stdio: { stdout: 'pipe' } }, async (pool) => {
    pool.on('output', (line) => output.push(line))
    await pool.run(100_000, { name: 'long' })
  })
  const pieces = output.filter(({ line }) => line.startsWith('y'))
  t.deepEqual(
    pieces.map(({ line, continues }) => [line.length, continues]),
    [
      [65_536, true],
      [100_000 - 65_536, undefined],
    ],
  )
})

testEach('a crash has the end of its standard error', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1, stdio: 'pipe' }, async (pool) => {
    const exits: unknown[] = []
    pool.on('workerExited', ({ crash }) => exits.push(crash))
    const ends = ['SIGKILL', 'exit', 'throw'] as const
    for (const how of ends) {
      const error = await rejection(pool.run(how, { name: 'crash' }))
      const lines: string[] = error.stderr.split('\n')
      t.true(lines.length <= 20)
      t.is(lines.includes('complaint 11'), how !== 'throw')
      t.true(lines.some((line) => line.startsWith('last words')))
      t.is(error.stderr.includes('on purpose'), how === 'throw')
    }
    await until(() => exits.length === ends.length, 10_000, 'all ends were told')
    t.deepEqual([...pool.crashes], exits)
    const [killed, left, threw] = pool.crashes
    t.like(killed, { signal: 'SIGKILL', code: 'ERR_HATCHERY_WORKER_SIGNALLED', taskName: 'crash' })
    t.like(left, { exitCode: 3, code: 'ERR_HATCHERY_WORKER_EXITED', taskName: 'crash' })
    t.true(killed!.taskId !== undefined && killed!.pid > 0 && killed!.at instanceof Date)
    t.true(threw!.stderr!.includes('on purpose'))
    const idle = once(pool, 'workerExited')
    process.kill(await pool.run('', { name: 'say' }), 'SIGKILL')
    const [{ crash }] = await idle
    t.is(crash?.message, 'the worker was killed by SIGKILL', 'it had no task')
  }),
)

testOnce('a zygote that dies as it loads says why, and so does a worker', async (t) => {
  const dying = new URL('./fixtures/dies-at-load.js', import.meta.url)
  for (const startMethod of ['fork', 'spawn'] as const) {
    const options = { preload: [dying], startMethod, maxWorkers: 1, stdio: 'pipe' } as const
    await withPool(options, async (pool) => {
      pool.on('warning', () => {})
      const error = await rejection(pool.ready)
      t.true(error.stderr?.includes('no licence'), `${startMethod}: ${error.stderr}`)
    })
  }
})
