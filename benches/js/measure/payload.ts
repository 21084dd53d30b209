/** A curve: bytes a second that are echoed, over the size of the payload, a Buffer; 2 workers. */
import { allUp, taskRate } from '../harness/loops.js'
import { isPool, type Measurement } from '../harness/measurement.js'
import { bytes } from '../harness/payload.js'

const kibi = 1024
const mebi = 1024 * kibi

/** The size for which a figure is promised, and so measured on every pool. */
export const promisedSize = mebi
const sizes = [8, 256, 4 * kibi, 64 * kibi, mebi, 8 * mebi, 64 * mebi]
const quickSizes = [8, 4 * kibi, mebi, 64 * mebi]

/** Bytes under way at a time, within the bounds below: what pipes and rings hold, and not all memory. */
const bytesInFlight = 16 * mebi
const fewestInFlight = 2
const mostInFlight = 1000

export const payload: Measurement = {
  on: isPool,
  points: ({ curve }, { quick }) => {
    if (!curve) return [promisedSize]
    return quick ? quickSizes : sizes
  },
  rounds: 3,
  async run(peer, { seconds }, size) {
    const open = await peer.load()
    const pool = open({ workers: 2, binary: true })
    await allUp(pool, 2)
    const inFlight = Math.min(mostInFlight, Math.max(fewestInFlight, Math.round(bytesInFlight / size)))
    const rate = await taskRate(pool, bytes(size), inFlight, seconds * 1000)
    return { payloadBytesPerSecond: rate * size }
  },
}
