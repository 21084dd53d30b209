/** Long queues. */
import { execFile } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import type { MillionReport } from './fixtures/million.js'

watchForLeaks()

const run = promisify(execFile)
const script = fileURLToPath(new URL('./fixtures/million.js', import.meta.url))
const filename = new URL('./fixtures/tasks.js', import.meta.url)

const MILLION = 1_000_000

testEach(
  'a million queued tasks complete, in bounded memory',
  async (t, startMethod) => {
    using gate = new Gate()
    // In a process of its own: what else this one has in its heap would blur the figures.
    const { stdout } = await run(process.execPath, ['--expose-gc', script, startMethod, String(MILLION), gate.path])
    const report = JSON.parse(stdout) as MillionReport
    const sum = (MILLION * (MILLION - 1)) / 2
    t.deepEqual(report.sums, [sum, sum])
    const { start, queued, done } = report
    const perTask = (later: { resident: number }) => (later.resident - start.resident) / MILLION
    const heap = (later: { heap: number }) => (later.heap - start.heap) / MILLION
    t.log(
      `${perTask(queued[0]!).toFixed(0)} bytes a queued task, of which ${heap(queued[0]!).toFixed(0)} in V8's heap; ` +
        `${perTask(done[0]!).toFixed(0)} afterwards (heap ${heap(done[0]!).toFixed(0)}); ` +
        `submitted in ${report.submitSeconds.toFixed(1)} s, run in ${report.runSeconds.toFixed(1)} s (${startMethod})`,
    )
    t.true(perTask(queued[0]!) < 800, `${perTask(queued[0]!)} bytes a queued task`)
    // What is kept is the tables, for the next time there are as many: some words a task.
    t.true(heap(done[0]!) < 80, `${heap(done[0]!)} bytes of heap a task that is done`)
    t.true(perTask(done[1]!) < perTask(queued[0]!), 'memory is given back')
    // A second million finds its room there.
    t.true(queued[1]!.resident < queued[0]!.resident * 1.15, 'the second million takes as much as the first')
    t.true(done[1]!.heap < done[0]!.heap * 1.1 + 1e6, 'the heap does not grow from one million to the next')
  },
  110_000,
)

testEach('a hundred thousand tasks with options, of which every tenth is cancelled', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: 2, maxWorkers: 2 }, async (pool) => {
    // Until all are queued: a task that has run is not cancelled any more.
    using first = new Gate()
    using second = new Gate()
    const held = [first, second].map(({ path }) => pool.run(path, { name: 'gate' }))
    await Promise.all([first.entered(), second.entered()])
    const controller = new AbortController()
    // One signal for many tasks: Node would take the listeners for a leak.
    setMaxListeners(0, controller.signal)
    let fulfilled = 0
    let cancelled = 0
    const runs = Array.from({ length: 100_000 }, (_, index) => {
      const priority = (['high', 'normal', 'low'] as const)[index % 3]
      const signal = index % 10 === 0 ? controller.signal : undefined
      return pool.run(index, { priority, signal, timeout: 60_000, retries: 1 }).then(
        (value) => {
          if (value === index) fulfilled++
        },
        (error) => {
          if (error.code === 'ERR_HATCHERY_TASK_CANCELLED') cancelled++
        },
      )
    })
    controller.abort()
    first.open()
    second.open()
    await Promise.all([...runs, ...held])
    t.is(cancelled, 10_000)
    t.is(fulfilled, 90_000)
    t.is(pool.pending, 0)
  }),
)
