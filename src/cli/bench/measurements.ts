import { Pool, type PoolOptions } from '../../host/index.js'
import { percentileOf } from './statistics.js'

/** What one round of a measurement has shown: values by the names of its figures. */
export type Round = Readonly<Record<string, number>>

/** A figure of a measurement. */
export interface FigureKind {
  /** For people. */
  readonly title: string
  readonly unit: '/s' | 'MB/s' | 'µs' | 'ms'
}

/** Something to measure, a round at a time. */
export interface Measurement {
  /** Whose figures they are, by name. */
  readonly figures: Readonly<Record<string, FigureKind>>
  /** @param milliseconds how long the round may take, more or less */
  round(pool: Pool, milliseconds: number): Promise<Round>
}

/** Tasks under way for throughput. */
const IN_FLIGHT = 1000
/** Twenty bytes. */
const SMALL = 'twenty bytes of text'
const OBJECT = { id: 7, name: 'hatchery', ratio: 0.5, ready: true, tags: ['a', 'b'], none: null }

/** All measurements. `options` are those of the pool, for one that makes its own. */
export function measurements(options: PoolOptions): Measurement[] {
  return [
    throughput('echo', 'echo of 20 bytes, 1000 in flight', SMALL),
    throughput('object', 'the same with an object of 6 fields', OBJECT),
    latency,
    sync,
    payload('1 KiB', 1 << 10),
    payload('64 KiB', 64 << 10),
    payload('1 MiB', 1 << 20),
    start(options),
  ]
}

function throughput(name: string, title: string, value: unknown): Measurement {
  return {
    figures: { [name]: { title, unit: '/s' } },
    async round(pool, milliseconds) {
      return { [name]: (await keepInFlight(pool, value, IN_FLIGHT, milliseconds)).perSecond }
    },
  }
}

/** Echoes with so many under way, until the time is over; what is under way then is waited for, and counts. */
async function keepInFlight(pool: Pool, value: unknown, inFlight: number, milliseconds: number) {
  const begin = performance.now()
  const end = begin + milliseconds
  let done = 0
  const one = async (): Promise<void> => {
    do {
      await pool.run(value)
      done++
    } while (performance.now() < end)
  }
  await Promise.all(Array.from({ length: inFlight }, one))
  return { perSecond: (done * 1000) / (performance.now() - begin) }
}

const latency: Measurement = {
  figures: {
    latencyP50: { title: 'one task at a time, p50', unit: 'µs' },
    latencyP99: { title: 'one task at a time, p99', unit: 'µs' },
  },
  async round(pool, milliseconds) {
    const times: number[] = []
    const end = performance.now() + milliseconds
    for (let now = performance.now(); now < end; ) {
      await pool.run(SMALL)
      const then = performance.now()
      times.push((then - now) * 1000)
      now = then
    }
    return { latencyP50: percentileOf(times, 0.5), latencyP99: percentileOf(times, 0.99) }
  },
}

const sync: Measurement = {
  figures: { syncP50: { title: 'runSync, p50', unit: 'µs' } },
  async round(pool, milliseconds) {
    const times: number[] = []
    const end = performance.now() + milliseconds
    for (let now = performance.now(); now < end; ) {
      pool.runSync(SMALL)
      const then = performance.now()
      times.push((then - now) * 1000)
      now = then
    }
    return { syncP50: percentileOf(times, 0.5) }
  },
}

/** Bytes that go to a worker and come back count once. */
function payload(size: string, length: number): Measurement {
  const name = `payload${size.replace(' ', '')}`
  const value = Buffer.alloc(length, 'hatchery')
  // Enough to keep workers busy, and not so many that memory is what is measured.
  const inFlight = Math.max(4, Math.min(64, (4 << 20) / length))
  return {
    figures: { [name]: { title: `echo of a Buffer of ${size}`, unit: 'MB/s' } },
    async round(pool, milliseconds) {
      const { perSecond } = await keepInFlight(pool, value, inFlight, milliseconds)
      return { [name]: (perSecond * length) / 1e6 }
    },
  }
}

function start(options: PoolOptions): Measurement {
  return {
    figures: { start: { title: 'new Pool() to the first result', unit: 'ms' } },
    async round() {
      const begin = performance.now()
      const pool = new Pool({ ...options, minWorkers: 1, maxWorkers: 1 })
      try {
        await pool.run(SMALL)
        return { start: performance.now() - begin }
      } finally {
        await pool.destroy()
      }
    },
  }
}
