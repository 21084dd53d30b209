/**
 * `npm run bench [-- --quick --only NAME --rounds N --json FILE --publish]`: Hatchery beside the pools on npm. Every pool
 * and measurement runs in a process of its own; the rounds take turns, so that a change of load hits all pools alike.
 */
import { isAbsolute, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { curves } from './charts/curves.js'
import { publishedFile, writeReport } from './charts/write.js'
import { environment } from './harness/environment.js'
import { figures } from './harness/figures.js'
import type { Effort } from './harness/measurement.js'
import { printCurves, printFigures, printNotes, printTables, progress } from './harness/report.js'
import { Results } from './harness/results.js'
import { describe, runCell } from './harness/run-cell.js'
import { schedule } from './harness/schedule.js'
import { type MeasurementName, measurementNames, measurements } from './measure/index.js'
import { peers } from './peers/index.js'

const { values } = parseArgs({
  options: {
    /** Short: one round with short loops and fewer points, to see that everything runs; its figures are rough. */
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** A measurement's name or part of a pool's; may be given several times. */
    only: { type: 'string', multiple: true, default: [] },
    /** Where to write the results; the curves go beside it. */
    json: { type: 'string' },
    /** Write results and curves to docs/benchmarks/. */
    publish: { type: 'boolean', default: false },
  },
})

function refuse(reason: string): never {
  console.error(reason)
  process.exit(2)
}

const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
if (!Number.isInteger(rounds) || rounds < 1) refuse(`--rounds ${values.rounds}: not a number of rounds`)
if (values.publish && values.only.length > 0) refuse('--publish takes all measurements, not --only some')
const effort: Effort = values.quick
  ? { quick: true, seconds: 0.4, starts: 3 }
  : { quick: false, seconds: 1.2, starts: 5 }
const isMeasurement = (name: string): name is MeasurementName => (measurementNames as string[]).includes(name)
const chosenNames = values.only.filter(isMeasurement)
const peerFilters = values.only.filter((name) => !isMeasurement(name))
const chosenPeers = peers.filter(
  ({ name }) => peerFilters.length === 0 || peerFilters.some((filter) => name.includes(filter)),
)
if (chosenPeers.length === 0) {
  refuse(
    `No pool or measurement is called that.\nPools: ${peers.map(({ name }) => name).join(', ')}\nMeasurements: ${measurementNames.join(', ')}`,
  )
}

const results = new Results()
const cells = schedule(chosenNames.length > 0 ? chosenNames : measurementNames, chosenPeers, rounds, effort)
/**
 * Points in a row at which a curve of a round could have ended, such as that of a pool that does not keep up with the
 * load. Two end it: one may be the machine's doing.
 */
const lasts = new Map<string, number>()
const enough = 2
for (const [index, cell] of cells.entries()) {
  const curve = `${cell.measurement}, ${cell.peer}, ${cell.round}`
  const before = lasts.get(curve) ?? 0
  if (before === enough) continue
  progress(index + 1, cells.length, describe(cell))
  const outcome = await runCell(cell, effort)
  results.add(cell, outcome)
  lasts.set(curve, measurements[cell.measurement].isLast?.(outcome.numbers) ? before + 1 : 0)
}
progress(cells.length, cells.length, undefined)

const report = {
  environment: environment(chosenPeers),
  rounds,
  effort,
  figures: figures(results, chosenPeers),
  curves: curves(results, chosenPeers),
  pools: results.summaries(),
  skipped: results.skipped,
  failures: results.failures,
}
printTables(results, chosenPeers, rounds)
printCurves(report.curves)
printFigures(report.figures)
printNotes(results)

// npm runs scripts in the package's folder; a file is meant where the user typed the command.
const fromUser = (path: string): string => (isAbsolute(path) ? path : join(process.env.INIT_CWD ?? process.cwd(), path))
const targets = [
  ...(values.json === undefined ? [] : [fromUser(values.json)]),
  ...(values.publish ? [publishedFile] : []),
]
for (const file of targets) for (const written of writeReport(file, report)) console.log(`wrote ${written}`)
process.exitCode = results.failures.length > 0 ? 1 : 0
