/**
 * `npm run demo [-- --limit N --workers N --json]`: transpiles and hashes every JavaScript and TypeScript file found in
 * node_modules through the pool, kills a worker half way, and checks every result against the same work in-process.
 */
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { findSources, takePart } from './files.js'
import { type Run, runInProcess } from './in-process.js'
import { printReport, type Report } from './report.js'
import { runThroughPool } from './through-pool.js'
import { workerCosts } from './worker-costs.js'

const { values } = parseArgs({
  options: {
    /** Take only so many files, evenly from large to small. */
    limit: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const workers = Number(values.workers ?? availableParallelism())
const tasks = new URL('./tasks.js', import.meta.url)

const found = findSources('node_modules')
const files = values.limit === undefined ? found : takePart(found, Number(values.limit))

const inProcess = await runInProcess(files)
const pool = await runThroughPool(files, tasks, workers)
const costs = { fork: await workerCosts(tasks, 'fork'), spawn: await workerCosts(tasks, 'spawn') }

const { results: _, ...poolFigures } = pool
const report: Report = {
  files: { found: found.length, used: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) },
  node: process.version,
  cores: availableParallelism(),
  inProcess: { seconds: inProcess.seconds, filesPerSecond: files.length / inProcess.seconds },
  pool: { ...poolFigures, filesPerSecond: files.length / pool.seconds },
  differences: differing(inProcess, pool),
  costs,
}
if (values.json) console.log(JSON.stringify(report, null, 2))
else printReport(report)
process.exitCode = report.differences.length === 0 && pool.deathSeen ? 0 : 1

/** The files whose two results are not the same, text and hashes. */
function differing(a: Run, b: Run): string[] {
  return files
    .filter((_, index) => {
      const one = a.results[index]
      const other = b.results[index]
      return one?.code !== other?.code || one?.sourceHash !== other?.sourceHash || one?.codeHash !== other?.codeHash
    })
    .map(({ path }) => path)
}
