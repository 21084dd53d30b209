import type { DaemonEvent } from '../../client/index.js'
import type { Figures, Sample, WorkerFigures } from './figures.js'

/** Looks whose rates are remembered. */
const REMEMBERED = 120
/** Milliseconds between two looks that say something of rates: those between events may follow each other at once. */
const LEAST = 100
/** Events that are remembered. */
const EVENTS = 50

/** Tasks a second now and before, and processor time: what is known from looks that follow each other. */
export class View {
  readonly address: string
  sample: Sample | undefined
  /** Why there is no newer sample. */
  lost: string | undefined
  /** Tasks settled a second, oldest first. */
  readonly rates: number[] = []
  /** Latest last. */
  readonly events: DaemonEvent[] = []
  /** Share of the time of all workers that they spent in tasks lately; undefined: not known. */
  busyShare: number | undefined
  readonly #shares = new Map<number, number>()
  /** The look that the next one is compared with. */
  #before: Sample | undefined

  constructor(address: string) {
    this.address = address
  }

  get figures(): Figures {
    return this.sample?.figures ?? {}
  }

  get workers(): readonly WorkerFigures[] {
    return this.figures.workers ?? []
  }

  /** Takes a newer sample. */
  take(sample: Sample): void {
    const before = this.#before
    this.sample = sample
    this.lost = undefined
    if (before !== undefined && sample.at - before.at < LEAST) return
    this.#before = sample
    this.#shares.clear()
    this.busyShare = undefined
    if (before === undefined) return
    const seconds = (sample.at - before.at) / 1000
    const settled = settledOf(sample.figures) - settledOf(before.figures)
    // A daemon that was started anew counts from 0.
    if (settled < 0) return
    this.rates.push(settled / seconds)
    if (this.rates.length > REMEMBERED) this.rates.shift()
    this.#compare(before.figures.workers ?? [], seconds)
  }

  /** What the workers did since they were looked at before. */
  #compare(before: readonly WorkerFigures[], seconds: number): void {
    const earlier = new Map(before.map((worker) => [worker.pid, worker]))
    let [busy, passed] = [0, 0]
    for (const { id, pid, cpu, age, utilization } of this.workers) {
      const then = earlier.get(pid)
      if (cpu !== undefined && then?.cpu !== undefined) this.#shares.set(id, Math.max(0, (cpu - then.cpu) / seconds))
      if (age === undefined || utilization === undefined) continue
      passed += age - (then?.age ?? 0)
      busy += age * utilization - (then?.age ?? 0) * (then?.utilization ?? 0)
    }
    if (passed > 0 && this.figures.recordTiming !== false) this.busyShare = Math.max(0, Math.min(1, busy / passed))
  }

  /** Remembers what has happened; events of tasks, which may be very many, are not for people. */
  tell(event: DaemonEvent): void {
    if (event.type.startsWith('task')) return
    this.events.push(event)
    if (this.events.length > EVENTS) this.events.shift()
  }

  /** Share of a processor that a worker took between the last two looks; undefined: not known. */
  processorShare(worker: number): number | undefined {
    return this.#shares.get(worker)
  }

  /** For machines. */
  toJSON(): object {
    const { at: _, ...sample } = this.sample ?? { at: 0 }
    const workers = this.workers.map(({ id }) => [id, this.processorShare(id)])
    const rate = this.rates.at(-1) ?? null
    return {
      time: new Date().toISOString(),
      address: this.address,
      tasksPerSecond: rate,
      processorShares: Object.fromEntries(workers),
      ...sample,
    }
  }
}

function settledOf({ completed = 0, rejected = 0 }: Figures): number {
  return completed + rejected
}
