/**
 * `node observer.js PID SECONDS`: watches a process and its descendants from outside, so that the watching is no part of
 * what is seen, and prints as JSON what they did meanwhile.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { activityOf, descendants } from './harness/process-tree.js'

const root = Number(process.argv[2])
const seconds = Number(process.argv[3])

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)

interface Watched {
  /** A second, by process. */
  switches: number[]
  cpuPercent: number
}

async function watch(pids: readonly number[], milliseconds: number): Promise<Watched> {
  const before = pids.map(activityOf)
  const started = performance.now()
  await sleep(milliseconds)
  const after = pids.map(activityOf)
  const elapsed = (performance.now() - started) / 1000
  return {
    switches: pids.map((_, index) => (after[index]!.switches - before[index]!.switches) / elapsed),
    cpuPercent: (sum(pids.map((_, index) => after[index]!.cpuSeconds - before[index]!.cpuSeconds)) / elapsed) * 100,
  }
}

/** Some 8 and 14 s after the last work V8 collects what garbage there is: no wake-up of the pool's making. */
const settleTime = 18_000

await sleep(settleTime)
const pids = [root, ...descendants(root)].filter((pid) => pid !== process.pid)
const { switches, cpuPercent } = await watch(pids, seconds * 1000)
const numbers = {
  idleHostWakeups: switches[0],
  idleChildWakeups: Math.max(0, ...switches.slice(1)),
  idleCpuPercent: cpuPercent,
}
process.stdout.write(JSON.stringify(numbers))
