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
const memoryWorkers = 4

export async function workerCosts(tasks: URL, startMethod: StartMethod): Promise<WorkerCosts> {
  return {
    startMilliseconds: await startTime(tasks, startMethod),
    pssBytes: await memory(tasks, startMethod),
  }
}

/** A pool that keeps no idle worker: every task begins with the start of one. */
async function startTime(tasks: URL, startMethod: StartMethod): Promise<number> {
  const pool = new Pool({
    filename: tasks,
    preload: ['typescript'],
    startMethod,
    minWorkers: 0,
    maxWorkers: 1,
    idleTimeout: 1,
  })
  const { hold } = pool.tasks<DemoTasks>()
  const times: number[] = []
  // The first one waits for the zygote as well, and is not counted.
  for (let index = 0; index <= starts; index++) {
    const started = performance.now()
    await hold(0)
    if (index > 0) times.push(performance.now() - started)
    while ((pool.stats().workers ?? []).length > 0) await sleep(2)
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
