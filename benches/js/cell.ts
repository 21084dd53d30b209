/** One pool, one measurement, in this process alone: `node cell.js PEER MEASUREMENT EFFORT`. Prints the numbers as JSON. */
import process from 'node:process'
import { type Effort, type MeasurementName, measurements } from './harness/measure.js'
import { peers } from './peers/index.js'

const [peerName, measurementName, effort] = process.argv.slice(2)
const peer = peers.find(({ name }) => name === peerName)
if (!peer || measurementName === undefined || !Object.hasOwn(measurements, measurementName)) {
  throw new Error(`unknown cell: ${peerName}, ${measurementName}`)
}
const numbers = await measurements[measurementName as MeasurementName](peer, JSON.parse(effort ?? '') as Effort)
process.stdout.write(`${JSON.stringify(numbers)}\n`, () => process.exit(0))
