/** The measurements. Each runs in a process of its own, on one pool, and gives numbers by name. */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenPool, Peer } from './adapter.js'
import { descendants, memoryOf, treeCpuSeconds } from './process-tree.js'
import { quantile } from './statistics.js'

export type Numbers = Record<string, number>

export interface Effort {
  /** Seconds that a timed loop runs. */
  seconds: number
  /** How often a start is repeated. */
  starts: number
}

export type Measurement = (peer: Peer, effort: Effort) => Promise<Numbers>

const payload = 'twenty bytes to echo'
const inFlight = 1000
const memoryWorkers = 8
/** How long the first worker is kept busy at first; then several times what a start took. */
const firstHold = 4000
const shortestHold = 250
const typescript = 'typescript'

async function checkedEcho(pool: OpenPool): Promise<void> {
  const result = await pool.echo(payload)
  if (result !== payload) throw new Error(`the pool gave back ${JSON.stringify(result)}`)
}

/** A closed loop: each task that settles lets the next one in, until the time is over. Gives the tasks done. */
async function keepInFlight(pool: OpenPool, count: number, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds
  let done = 0
  const chain = async (): Promise<void> => {
    while (performance.now() < end) {
      await checkedEcho(pool)
      done++
    }
  }
  await Promise.all(Array.from({ length: count }, chain))
  return done
}

/** Tasks a second and processor time, with 1000 tasks in flight on 2 workers. */
async function throughput(peer: Peer, { seconds }: Effort): Promise<Numbers> {
  const open = await peer.load()
  const pool = open({ workers: 2, preload: [] })
  await keepInFlight(pool, inFlight, seconds * 500)
  const cpu = treeCpuSeconds()
  const started = performance.now()
  const tasks = await keepInFlight(pool, inFlight, seconds * 1000)
  const elapsed = (performance.now() - started) / 1000
  const cpuUsed = treeCpuSeconds() - cpu
  await pool.close()
  return { tasksPerSecond: tasks / elapsed, cpuSecondsPer100k: (cpuUsed / tasks) * 100_000 }
}

/** Round trips one after the other on 1 worker, microseconds. */
async function latency(peer: Peer, { seconds }: Effort): Promise<Numbers> {
  const open = await peer.load()
  const pool = open({ workers: 1, preload: [] })
  await keepInFlight(pool, 1, seconds * 500)
  const times: number[] = []
  const end = performance.now() + seconds * 1000
  for (let before = performance.now(); before < end; ) {
    await checkedEcho(pool)
    const after = performance.now()
    times.push((after - before) * 1000)
    before = after
  }
  await pool.close()
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** From asking for a pool of one worker to its first result, milliseconds. */
async function start(peer: Peer, { starts }: Effort): Promise<Numbers> {
  const open = await peer.load()
  const times: number[] = []
  for (let index = 0; index < starts; index++) {
    const started = performance.now()
    const pool = open({ workers: 1, preload: [] })
    await checkedEcho(pool)
    times.push(performance.now() - started)
    await pool.close()
  }
  return { startMilliseconds: quantile(times, 0.5) }
}

/**
 * From submitting a task that needs a new worker to its result, typescript loaded, milliseconds. With its one worker
 * busy the pool starts another for the next task, which leaves as soon as it is idle.
 */
async function workerStart(peer: Peer, { starts }: Effort): Promise<Numbers> {
  if (!peer.elastic) return {}
  process.env.HATCHERY_BENCH_TYPESCRIPT = '1'
  const open = await peer.load()
  const pool = open({ workers: 2, preload: [typescript], elastic: true })
  await checkedEcho(pool)
  const times: number[] = []
  let held = firstHold
  for (let index = 0; index < starts * 2; index++) {
    const busy = pool.hold(held)
    await sleep(20)
    const started = performance.now()
    await checkedEcho(pool)
    const time = performance.now() - started
    if (time > held - 50) throw new Error('the task may have waited for the busy worker')
    times.push(time)
    held = Math.max(shortestHold, time * 4)
    await busy
    while ((pool.workerPids?.().length ?? 0) > 1) await sleep(2)
  }
  await pool.close()
  return { workerStartMilliseconds: quantile(times, 0.5) }
}

/** Memory of 8 idle workers with typescript loaded, bytes a worker. */
async function memory(peer: Peer): Promise<Numbers> {
  process.env.HATCHERY_BENCH_TYPESCRIPT = '1'
  const open = await peer.load()
  const before = memoryOf(process.pid).pss
  const pool = open({ workers: memoryWorkers, preload: [typescript] })
  // Held long enough that no worker can take two of them before every worker is up.
  await Promise.all(Array.from({ length: memoryWorkers * 2 }, () => pool.hold(1500)))
  await sleep(500)
  const children = descendants()
  const workers = pool.workerPids?.() ?? children
  const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
  const all = sum(children.map((pid) => memoryOf(pid).pss)) + memoryOf(process.pid).pss - before
  const result: Numbers = { allPerWorker: all / memoryWorkers }
  if (peer.kind === 'process') {
    if (workers.length !== memoryWorkers) throw new Error(`${workers.length} workers, not ${memoryWorkers}`)
    const memories = workers.map(memoryOf)
    result.pssPerWorker = sum(memories.map((item) => item.pss)) / memoryWorkers
    result.privatePerWorker = sum(memories.map((item) => item.private)) / memoryWorkers
  }
  await pool.close()
  return result
}

export const measurements = { throughput, latency, start, workerStart, memory } satisfies Record<string, Measurement>

export type MeasurementName = keyof typeof measurements
