/**
 * `node observer.js PID SECONDS`: watches a process and its descendants from outside, so that the watching is no part of
 * what is seen, and prints as JSON what they did meanwhile.
 */
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { activityOf, descendants } from './harness/process-tree.js'

const root = Number(process.argv[2])
const seconds = Number(process.argv[3])

// Starting this process was work for the host; it is over once this runs, but not what the host put off for later.
await sleep(1000)
const pids = [root, ...descendants(root)].filter((pid) => pid !== process.pid)
const before = pids.map(activityOf)
const started = performance.now()
await sleep(seconds * 1000)
const after = pids.map(activityOf)
const elapsed = (performance.now() - started) / 1000

const switches = pids.map((_, index) => (after[index]!.switches - before[index]!.switches) / elapsed)
const busy = pids.map((_, index) => (after[index]!.cpuSeconds - before[index]!.cpuSeconds) / elapsed)
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0)
const numbers = {
  idleHostWakeups: switches[0],
  idleChildWakeups: Math.max(0, ...switches.slice(1)),
  idleCpuPercent: sum(busy) * 100,
}
process.stdout.write(JSON.stringify(numbers))
