/**
 * An open loop: tasks arrive when they arrive, whether or not earlier ones have come back, as requests do in a server.
 * A closed loop stops sending while the pool stalls and so leaves out exactly the waits that users would see
 * ("coordinated omission"). Here the moments of arrival are fixed before the start, and a latency counts from the moment
 * a task was to arrive, not from when the loop came round to sending it: whatever keeps the loop is part of the latency.
 */

export interface LoadOutcome {
  /** Milliseconds from intended arrival to result, in order of arrival; NaN for what had not come back at the limit. */
  latencies: Float64Array
  /** Milliseconds from intended arrival to sending: how late this loop itself was. */
  lateness: Float64Array
  /** Share of the tasks that had come back when the last one was due. */
  keptUp: number
}

/** With more time than this to the next arrival the loop sleeps; below it, a timer of whole milliseconds is too coarse. */
const sleepFrom = 3

/** Small, fast and the same in every run: the arrivals do not differ from pool to pool. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Arrivals of a Poisson process, milliseconds from the start: the gaps are exponential, so tasks also come in bursts. */
export function poissonArrivals(perSecond: number, seconds: number): Float64Array {
  const random = randomNumbers(20)
  const arrivals = new Float64Array(Math.round(perSecond * seconds))
  let time = 0
  for (let index = 0; index < arrivals.length; index++) {
    time -= (Math.log(1 - random()) * 1000) / perSecond
    arrivals[index] = time
  }
  return arrivals
}

/** Sends at each arrival; ends when all are back, or `patience` milliseconds after the last arrival. */
export function openLoop(send: () => Promise<unknown>, arrivals: Float64Array, patience: number): Promise<LoadOutcome> {
  const count = arrivals.length
  const latencies = new Float64Array(count).fill(Number.NaN)
  const lateness = new Float64Array(count)
  const last = arrivals[count - 1] ?? 0
  let sent = 0
  let settled = 0
  let keptUp = Number.NaN
  return new Promise((resolve, reject) => {
    const begin = performance.now()
    const sendOne = (index: number): void => {
      const due = arrivals[index]!
      lateness[index] = performance.now() - begin - due
      send().then(() => {
        latencies[index] = performance.now() - begin - due
        settled++
      }, reject)
    }
    const step = (): void => {
      const now = performance.now() - begin
      // Only what was due when this step began: what falls due meanwhile waits for results to be read first.
      while (sent < count && arrivals[sent]! <= now) sendOne(sent++)
      if (now >= last && Number.isNaN(keptUp)) keptUp = settled / count
      if (settled === count || now > last + patience) return resolve({ latencies, lateness, keptUp })
      const wait = (sent < count ? arrivals[sent]! : last + patience) - (performance.now() - begin)
      if (sent < count && wait > sleepFrom) setTimeout(step, Math.floor(wait) - 2)
      else setImmediate(step)
    }
    step()
  })
}
