/**
 * One pool, one measurement, in this process alone: `node cell.js PEER MEASUREMENT EFFORT [POINT]`. Prints the numbers
 * as JSON, or why there are none.
 */
import process from 'node:process'
import { type Effort, Skipped } from './harness/measurement.js'
import { type MeasurementName, measurements } from './measure/index.js'
import { peers } from './peers/index.js'

const [peerName, measurementName, effort, point] = process.argv.slice(2)
const peer = peers.find(({ name }) => name === peerName)
if (!peer || measurementName === undefined || !Object.hasOwn(measurements, measurementName)) {
  throw new Error(`unknown cell: ${peerName}, ${measurementName}`)
}

async function outcome(): Promise<object> {
  try {
    const { run } = measurements[measurementName as MeasurementName]
    return { numbers: await run(peer!, JSON.parse(effort ?? '') as Effort, Number(point)) }
  } catch (error) {
    if (error instanceof Skipped) return { skipped: error.message }
    throw error
  }
}

const result = await outcome()
// Not exit() at once: a pipe takes what it is given in its own time.
process.stdout.write(`\n${JSON.stringify(result)}\n`, () => process.exit(0))
