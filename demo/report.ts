/** The demo's figures, as text. */
import type { PoolRun } from './through-pool.js'
import type { WorkerCosts } from './worker-costs.js'

export interface Report {
  files: { found: number; used: number; bytes: number }
  node: string
  cores: number
  inProcess: { seconds: number; filesPerSecond: number }
  pool: Omit<PoolRun, 'results'> & { filesPerSecond: number }
  /** Files whose result through the pool differs from the one in-process. */
  differences: string[]
  costs: Record<'fork' | 'spawn', WorkerCosts>
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`

export function printReport({ files, node, cores, inProcess, pool, differences, costs }: Report): void {
  const part = files.used === files.found ? 'every' : `${files.used} of ${files.found}`
  const rows: string[][] = [
    ['', 'files/s', 'seconds'],
    ['in-process', inProcess.filesPerSecond.toFixed(0), inProcess.seconds.toFixed(2)],
    [`pool, ${pool.workers} workers (${pool.startMethod})`, pool.filesPerSecond.toFixed(0), pool.seconds.toFixed(2)],
    [],
    ['a worker with typescript loaded', 'fork', 'spawn'],
    ['start to first result', milliseconds(costs.fork.startMilliseconds), milliseconds(costs.spawn.startMilliseconds)],
    ['memory (PSS)', megabytes(costs.fork.pssBytes), megabytes(costs.spawn.pssBytes)],
  ]
  console.log(
    `\nNode ${node}, ${cores} cores; ${part} JavaScript and TypeScript file in node_modules, ${megabytes(files.bytes)}`,
  )
  if (files.used < files.found) console.log('A part only: without --limit all are taken.')
  console.log()
  for (const [label = '', ...cells] of rows)
    console.log(`${label.padEnd(34)}${cells.map((cell) => cell.padStart(12)).join('')}`)
  console.log()
  console.log(
    `The pool took ${(inProcess.seconds / pool.seconds).toFixed(2)} times the in-process rate, its start included.`,
  )
  console.log(
    `Worker ${pool.killed} was killed half way${pool.deathSeen ? '' : ' (its death was not reported)'}; ` +
      `${pool.replacement === undefined ? 'no worker' : `worker ${pool.replacement}`} came in its place.`,
  )
  if (differences.length === 0) {
    console.log(`All ${files.used} results are byte for byte the same as in-process.`)
  } else {
    console.log(`${differences.length} results DIFFER from those in-process:`)
    for (const path of differences.slice(0, 20)) console.log(`  ${path}`)
  }
}
