/**
 * `npm run bench [-- --quick --only NAME --rounds N --json FILE]`: Hatchery beside the pools on npm. Every pool and
 * measurement runs in a process of its own; the rounds take turns, so that a change of load hits all pools alike.
 */
import { writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { environment } from './harness/environment.js'
import { figures } from './harness/figures.js'
import type { Effort, MeasurementName } from './harness/measure.js'
import { measurements } from './harness/measure.js'
import { printFigures, printTable, progress } from './harness/report.js'
import { Results } from './harness/results.js'
import { runCell } from './harness/run-cell.js'
import { peers } from './peers/index.js'

const { values } = parseArgs({
  options: {
    /** Short: one round with short loops, to see that everything runs; its figures are rough. */
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    /** Part of a pool's or a measurement's name; may be given several times. */
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
  },
})

const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const effort: Effort = values.quick ? { seconds: 0.6, starts: 2 } : { seconds: 2, starts: 5 }
const names = Object.keys(measurements) as MeasurementName[]
const chosenNames = names.filter((name) => values.only.includes(name))
const peerFilters = values.only.filter((filter) => !names.includes(filter as MeasurementName))
const chosenMeasurements = chosenNames.length > 0 ? chosenNames : names
const chosenPeers = peers.filter(
  ({ name }) => peerFilters.length === 0 || peerFilters.some((filter) => name.includes(filter)),
)
if (chosenPeers.length === 0) {
  console.error(`No pool is called that. Pools: ${peers.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

const results = new Results()
const total = rounds * chosenPeers.length * chosenMeasurements.length
let done = 0
for (let round = 0; round < rounds; round++) {
  for (const measurement of chosenMeasurements) {
    // Each round begins at another pool, so that none always runs after the same neighbour.
    for (let index = 0; index < chosenPeers.length; index++) {
      const peer = chosenPeers[(index + round) % chosenPeers.length]!
      progress(++done, total, `${measurement}, ${peer.name}`)
      results.add(peer.name, await runCell(peer.name, measurement, effort))
    }
  }
}
progress(done, total, undefined)

const verdicts = figures(results, chosenPeers)
printTable(results, chosenPeers, rounds)
printFigures(verdicts)
for (const failure of results.failures) console.log(`\nfailed: ${failure}`)

if (values.json !== undefined) {
  // npm runs scripts in the package's folder; the file is meant where the user typed the command.
  const file = isAbsolute(values.json) ? values.json : join(process.env.INIT_CWD ?? process.cwd(), values.json)
  const report = {
    environment: environment(chosenPeers),
    rounds,
    effort,
    pools: results.summaries(),
    figures: verdicts,
    failures: results.failures,
  }
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  console.log(`\nwrote ${file}`)
}
process.exitCode = results.failures.length > 0 ? 1 : 0
