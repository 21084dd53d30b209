/** Memory: of idle workers, and of tasks that wait. */
import process from 'node:process'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { checkedEcho, keepInFlight } from '../harness/loops.js'
import { isOwn, isPool, type Measurement, type Numbers } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'
import { descendants, memoryOf } from '../harness/process-tree.js'

const memoryWorkers = 8

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)

/** Of 8 idle workers with typescript loaded, bytes a worker. */
export const memory: Measurement = {
  // What is promised is measured against a plain fork; the other pools need their time and are left to the full run.
  on: (peer, { quick }) => peer.role === 'own' || peer.role === 'baseline' || (!quick && isPool(peer)),
  rounds: 2,
  async run(peer) {
    process.env.HATCHERY_BENCH_TYPESCRIPT = '1'
    const open = await peer.load()
    const before = memoryOf(process.pid).pss
    const pool = open({ workers: memoryWorkers, preload: ['typescript'] })
    // Held long enough that no worker can take two of them before every worker is up.
    await Promise.all(Array.from({ length: memoryWorkers * 2 }, () => pool.hold(1500)))
    await sleep(500)
    const children = descendants()
    const workers = pool.workerPids?.() ?? children
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
  },
}

const queuedTasks = 1_000_000
const holdTime = 100_000

/** What a task that waits takes of the host's memory, promise and all, beyond the bytes of its value. */
export const queue: Measurement = {
  on: isOwn,
  rounds: 3,
  async run(peer) {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const open = await peer.load()
    const pool = open({ workers: 1 })
    await checkedEcho(pool, text20)
    // Warm, so that compiled code and buffers that are there anyway do not count.
    await keepInFlight(pool, text20, 1000, 500)
    pool.hold(holdTime).catch(() => undefined)
    await sleep(100)
    collect()
    const before = memoryOf(process.pid).pss
    for (let index = 0; index < queuedTasks; index++) {
      // One string for all: the value costs its bytes in the pool and nothing in the heap. Nobody waits for the promise,
      // which would cost as much again; the process ends before it settles.
      pool.echo(text20)
      // Now and then the pool gets its turn, as in a program.
      if (index % 1000 === 999) await nextTurn()
    }
    await sleep(100)
    collect()
    const grown = memoryOf(process.pid).pss - before
    return { bytesPerQueuedTask: grown / queuedTasks - text20.length }
  },
}
