import { cpus } from 'node:os'
import process from 'node:process'
import { Pool, type PoolOptions } from '../../host/index.js'
import { loadNative } from '../../native/index.js'
import { OK } from '../exit-codes.js'
import { styleOf } from '../terminal/style.js'
import { table } from '../terminal/table.js'
import { count } from '../terminal/units.js'
import type { BenchFlags } from './flags.js'
import { type FigureKind, type Measurement, measurements } from './measurements.js'
import { medianOf } from './statistics.js'

/** A figure with all its rounds. */
interface Figure extends FigureKind {
  readonly name: string
  readonly median: number
  readonly least: number
  readonly most: number
}

const ROUNDS = 5
/** Of the time, before anything counts: code is compiled, memory is there. */
const WARM_UP = 0.15
const MOST_WORKERS = 4

/** Measures, and tells; the exit code. */
export async function runBench(flags: BenchFlags): Promise<number> {
  const workers = flags.workers ?? Math.min(MOST_WORKERS, loadNative().defaultParallelism())
  const options: PoolOptions = {
    filename: new URL('./tasks.js', import.meta.url),
    startMethod: flags.startMethod,
    minWorkers: workers,
    maxWorkers: workers,
    handleSignals: true,
  }
  const pool = new Pool(options)
  try {
    await pool.ready
    const figures = await measure(pool, measurements(options), flags.seconds * 1000)
    const { startMethod } = pool.stats()
    tell(
      figures,
      { node: process.version, processors: cpus().length, cpu: cpus()[0]?.model, workers, startMethod },
      flags.json,
    )
    return OK
  } finally {
    await pool.destroy()
  }
}

/** Rounds of all measurements by turns: what disturbs the machine for a while disturbs all of them. */
async function measure(pool: Pool, all: readonly Measurement[], milliseconds: number): Promise<Figure[]> {
  const progress = process.stderr.isTTY === true
  const share = (milliseconds * (1 - WARM_UP)) / (ROUNDS * all.length)
  const rounds = new Map<string, number[]>()
  for (const measurement of all) await measurement.round(pool, (milliseconds * WARM_UP) / all.length)
  for (let round = 0; round < ROUNDS; round++) {
    if (progress) process.stderr.write(`\r\x1b[2Kround ${round + 1} of ${ROUNDS}`)
    for (const measurement of all) {
      for (const [name, value] of Object.entries(await measurement.round(pool, share))) {
        rounds.set(name, [...(rounds.get(name) ?? []), value])
      }
    }
  }
  if (progress) process.stderr.write('\r\x1b[2K')
  const kinds = all.flatMap(({ figures }) => Object.entries(figures))
  return kinds.map(([name, kind]) => {
    const values = rounds.get(name)!
    return { name, ...kind, median: medianOf(values), least: Math.min(...values), most: Math.max(...values) }
  })
}

function tell(figures: readonly Figure[], machine: Readonly<Record<string, unknown>>, json: boolean): void {
  if (json) {
    const byName = figures.map(({ name, unit, median, least, most }) => [name, { unit, median, least, most }])
    console.log(JSON.stringify({ machine, rounds: ROUNDS, figures: Object.fromEntries(byName) }, undefined, 2))
    return
  }
  const style = styleOf(process.stdout)
  const { node, processors, cpu, workers, startMethod } = machine
  console.log(
    `${cpu}, ${processors} processors, Node ${node}, ${workers} workers by ${startMethod}, median of ${ROUNDS} rounds\n`,
  )
  const columns = [
    { title: '' },
    { title: style.bold('median'), side: 'right' },
    { title: style.bold('least'), side: 'right' },
    { title: style.bold('most'), side: 'right' },
    { title: '' },
  ] as const
  const rows = figures.map(({ title, unit, median, least, most }) => [
    title,
    style.bold(count(rounded(median))),
    style.dim(count(rounded(least))),
    style.dim(count(rounded(most))),
    unit === '/s' ? 'tasks/s' : unit,
  ])
  console.log(table(columns, rows).join('\n'))
}

/** Three digits: more would be made up. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
