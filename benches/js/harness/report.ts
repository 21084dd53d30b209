/** The table and the verdicts, as text. */
import process from 'node:process'
import type { Peer } from './adapter.js'
import { environment } from './environment.js'
import type { Figure } from './figures.js'
import type { Results } from './results.js'
import type { Summary } from './statistics.js'

interface Column {
  title: string
  number: string
  format(value: number): string
}

const megabytes = (value: number): string => (value / 2 ** 20).toFixed(1)
const oneDigit = (value: number): string => value.toFixed(1)

const columns: readonly Column[] = [
  { title: 'tasks/s', number: 'tasksPerSecond', format: (value) => Math.round(value).toLocaleString('en') },
  { title: 'CPU s/100k', number: 'cpuSecondsPer100k', format: (value) => value.toFixed(2) },
  { title: 'p50 us', number: 'p50', format: oneDigit },
  { title: 'p99 us', number: 'p99', format: oneDigit },
  { title: 'start ms', number: 'startMilliseconds', format: oneDigit },
  { title: 'worker ms', number: 'workerStartMilliseconds', format: oneDigit },
  { title: 'PSS MB', number: 'pssPerWorker', format: megabytes },
  { title: 'private MB', number: 'privatePerWorker', format: megabytes },
  { title: 'all MB', number: 'allPerWorker', format: megabytes },
]

const legend = `tasks/s      20-byte echo, 1000 in flight, 2 workers
CPU s/100k   processor seconds of all processes for 100 000 of those tasks
p50, p99     one task after the other, 1 worker
start        from new Pool to the first result, 1 worker
worker       the pool being up: from a task that needs a new worker to its result, typescript loaded
PSS, private a worker process with typescript loaded, 8 workers, idle
all          everything the pool added to the system's memory, divided by its 8 workers (its zygote too)`

export function progress(done: number, total: number, what: string | undefined): void {
  if (!process.stderr.isTTY) {
    if (what !== undefined) console.error(`${done}/${total} ${what}`)
    return
  }
  process.stderr.write(what === undefined ? '\r\u001B[K' : `\r\u001B[K${done}/${total} ${what}`)
}

export function printTable(results: Results, peers: readonly Peer[], rounds: number): void {
  const used = columns.filter(({ number }) => peers.some((peer) => results.summary(peer.name, number)))
  const rows = [['', ...used.map(({ title }) => title)]]
  for (const peer of peers) {
    rows.push([peer.name, ...used.map(({ number, format }) => median(results.summary(peer.name, number), format))])
    if (rounds > 1)
      rows.push(['', ...used.map(({ number, format }) => spread(results.summary(peer.name, number), format))])
  }
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)))
  const { node, cpu, cores, kernel, packages } = environment(peers)
  console.log(`\nNode ${node}, Linux ${kernel}, ${cores} cores of ${cpu}`)
  console.log(
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  )
  console.log(
    rounds > 1 ? `Medians of ${rounds} rounds; below each its lowest-highest.\n` : 'One round only: rough figures.\n',
  )
  for (const row of rows) {
    console.log(
      row.map((text, index) => (index === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[index]!))).join('  '),
    )
  }
  console.log(`\n${legend}`)
  for (const { name, settings } of peers) if (settings) console.log(`${name}: ${settings}`)
}

function median(summary: Summary | undefined, format: Column['format']): string {
  return summary ? format(summary.median) : '-'
}

function spread(summary: Summary | undefined, format: Column['format']): string {
  return summary ? `${format(summary.lowest)}-${format(summary.highest)}` : ''
}

export function printFigures(figures: readonly Figure[]): void {
  if (figures.length === 0) return
  console.log('\nPromised figures')
  for (const { promise, ratio, wanted, rival, met } of figures) {
    const sign = wanted === 1 ? 'more than 1' : `at least ${wanted}`
    console.log(
      `  ${met ? 'met    ' : 'NOT MET'}  ${promise}: ${ratio.toFixed(2)} times (${sign}), best rival ${rival}`,
    )
  }
}
