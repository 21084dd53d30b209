/** What an idle pool does, seen by another process: context switches and processor time of host, zygote, workers. */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { allUp, keepInFlight } from '../harness/loops.js'
import { isOwn, type Measurement, type Numbers } from '../harness/measurement.js'
import { text20 } from '../harness/payload.js'

const observer = fileURLToPath(new URL('../observer.js', import.meta.url))
const workers = 2

export const idle: Measurement = {
  on: (peer) => isOwn(peer) && peer.curve === true,
  rounds: 3,
  async run(peer, { quick }) {
    const open = await peer.load()
    const pool = open({ workers })
    await allUp(pool, workers)
    await keepInFlight(pool, text20, 1000, 200)
    const { stdout } = await promisify(execFile)(process.execPath, [observer, `${process.pid}`, quick ? '5' : '10'])
    return JSON.parse(stdout) as Numbers
  },
}
