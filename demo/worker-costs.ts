/** What a worker costs with each start method: time to its first result, and memory. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'hatchery'
import { memoryOf } from '../benches/js/harness/process-tree.js'

export interface WorkerCosts {
  /** Median, from submitting a task that needs a new worker to its result. */
  startMilliseconds: number
  /** Mean of the workers. A page that n processes share counts as 1/n in each. */
  pssBytes: number
}

type StartMethod = 'fork' | 'spawn'
type DemoTasks = typeof import('./tasks.js')

const starts = 9
/** How long the first worker is kept busy at first; then several times what a start took. */
const firstHold = 4000
const shortestHold = 250
const memoryWorkers = 4

export async function workerCosts(tasks: URL, startMethod: StartMethod): Promise<WorkerCosts> {
  return {
    startMilliseconds: await startTime(tasks, startMethod),
    pssBytes: await memory(tasks, startMethod),
  }
}

/** With its one worker busy the pool starts another for the next task; that one leaves as soon as it is idle. */
async function startTime(tasks: URL, startMethod: StartMethod): Promise<number> {
  const pool = new Pool({
    filename: tasks,
    preload: ['typescript'],
    startMethod,
    minWorkers: 1,
    maxWorkers: 2,
    idleTimeout: 1,
  })
  const { hold } = pool.tasks<DemoTasks>()
  await hold(0)
  const times: number[] = []
  let held = firstHold
  for (let index = 0; index < starts; index++) {
    const busy = hold(held)
    await sleep(20)
    const started = performance.now()
    await hold(0)
    const time = performance.now() - started
    times.push(time)
    held = Math.max(shortestHold, time * 4)
    await busy
    while ((pool.stats().workers ?? []).length > 1) await sleep(2)
  }
  await pool.close()
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)]!
}

async function memory(tasks: URL, startMethod: StartMethod): Promise<number> {
  const pool = new Pool({
    filename: tasks,
    preload: ['typescript'],
    startMethod,
    minWorkers: memoryWorkers,
    maxWorkers: memoryWorkers,
  })
  const { hold } = pool.tasks<DemoTasks>()
  // Long enough that every worker is up and takes one.
  await Promise.all(Array.from({ length: memoryWorkers * 2 }, () => hold(500)))
  const workers = pool.stats().workers ?? []
  const total = workers.reduce((sum, { pid }) => sum + memoryOf(pid).pss, 0)
  await pool.close()
  return total / workers.length
}
