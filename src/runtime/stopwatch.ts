import type { LaneView } from '../lane/lane-view.js'
import { RECORD, RECORD_BUCKETS, STAMP_COARSE, STAMP_NEGATIVE } from '../lane/layout.js'
import { CLOCK_OFFSET } from './clock.js'

/** A stretch of tasks this short is looked at as one, in milliseconds: as long as `YieldClock` takes for short. */
const SHORT = 0.02
/** A stretch whose tasks took so many times longer than usual has a slow task in it, or tasks have become slow. */
const UNUSUAL = 4
/** Stamps of one stretch that are told apart; more are as rare as stretches of more tasks. */
const MOST_STAMPS = 64

/** A double and its upper half, whose top bits number the bucket. */
const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)
/** Bits of the upper half below those that do. */
const SHIFT = 14
/** What those bits are for 64 ns, the first that has a bucket of its own. */
const FIRST = (1023 + 6) << 6

/** One histogram in the lane: crates/lane/src/times.rs. Nanoseconds. */
class Record {
  readonly #doubles: Float64Array

  constructor(memory: ArrayBuffer, offset: number) {
    this.#doubles = new Float64Array(memory, offset, RECORD.buckets / 8 + RECORD_BUCKETS)
  }

  add(nanoseconds: number, count: number): void {
    const doubles = this.#doubles
    const sum = nanoseconds * count
    if (doubles[RECORD.sum / 8] === 0 || nanoseconds < doubles[RECORD.least / 8]!)
      doubles[RECORD.least / 8] = nanoseconds
    if (nanoseconds > doubles[RECORD.most / 8]!) doubles[RECORD.most / 8] = nanoseconds
    doubles[RECORD.sum / 8]! += sum
    doubles[RECORD.squares / 8]! += sum * nanoseconds
    double[0] = nanoseconds
    const bucket = Math.min(Math.max((halves[1]! >> SHIFT) - FIRST, 0), RECORD_BUCKETS - 1)
    doubles[RECORD.buckets / 8 + bucket]! += count
  }
}

/**
 * Records how long tasks wait and run, with few looks at the clock: a look costs as much as a small task.
 * `crates/core/src/worker/stopwatch.rs` is the same for workers in Rust; ARCHITECTURE.md, "Statistics", says what is exact.
 *
 * Tasks that run one after the other, synchronous or not, are timed by the stretch, and those that overlap each by itself.
 * Times are of `performance.now()`, in milliseconds.
 */
export class Stopwatch {
  readonly #wait: Record
  readonly #run: Record
  /** When the clock was last looked at. */
  #looked = 0
  /** Tasks that have ended since. */
  #tasks = 0
  /** What a task usually takes, in milliseconds; 0: not known. */
  #usual = 0
  /** A stretch that took unusually long, until the next one tells why: time and tasks. */
  #unclearTime = 0
  #unclearTasks = 0
  /** Stamps of the tasks begun since the last look, each with the number of those before it and of those with it. */
  readonly #stamps = new Int32Array(3 * MOST_STAMPS)
  #used = 0
  #last = 0

  /** Undefined: times are not recorded. */
  static of(view: LaneView): Stopwatch | undefined {
    return view.times === 0 ? undefined : new Stopwatch(view)
  }

  private constructor({ bytes, times }: LaneView) {
    this.#wait = new Record(bytes.buffer as ArrayBuffer, bytes.byteOffset + times + RECORD.wait)
    this.#run = new Record(bytes.buffer as ArrayBuffer, bytes.byteOffset + times + RECORD.run)
  }

  /** There was nothing to do, or something else; now there are tasks. */
  start(now: number): void {
    this.#looked = now
  }

  /** A task begins that was submitted when `stamp` says; 0: it does not. */
  begin(stamp: number): void {
    const stamps = this.#stamps
    if (stamp === this.#last) {
      stamps[this.#used - 1]!++
      return
    }
    if (stamp === 0 || this.#used === stamps.length) return
    this.#last = stamp
    stamps[this.#used++] = stamp
    stamps[this.#used++] = this.#tasks
    stamps[this.#used++] = 1
  }

  /** A task has ended, and no other one is under way. */
  end(): void {
    this.#tasks++
  }

  /** What has ended since the last look was no task. */
  forget(): void {
    this.#tasks = 0
  }

  /** A task goes on while others run: its beginning. */
  split(now: number): number {
    // What ended before it took as long as its synchronous part, for all we know.
    const part = (now - this.#looked) / (this.#tasks + 1)
    const began = now - part
    if (this.#tasks > 0) this.look(began)
    else this.#recordWaits(part, 1)
    this.#looked = now
    return began
  }

  /** A task that was {@link split} off has ended. */
  endSplit(began: number, now: number): void {
    this.#run.add(Math.max(now - began, 0) * 1e6, 1)
  }

  /** Records what has ended since the last look. */
  look(now: number): void {
    const count = this.#tasks
    if (count === 0) return
    const stretch = Math.max(now - this.#looked, 0)
    this.#recordWaits(stretch, count)
    this.#looked = now
    this.#tasks = 0
    const mean = stretch / count
    if (this.#unclearTasks > 0) {
      const before = this.#unclearTime / this.#unclearTasks
      // Either tasks take that long now, or one did.
      if (2 * mean >= before) this.#recordRun(before, this.#unclearTasks)
      else this.#recordSlow()
      this.#unclearTasks = 0
    }
    const usual = this.#usual
    if (count > 1 && stretch > SHORT && usual > 0 && mean > UNUSUAL * usual) {
      this.#unclearTime = stretch
      this.#unclearTasks = count
      return
    }
    this.#recordRun(mean, count)
    this.#usual = usual === 0 ? mean : usual + (Math.min(mean, UNUSUAL * usual) - usual) / 8
  }

  /** There is nothing more to do for now. */
  stop(): void {
    if (this.#tasks > 0) this.look(performance.now())
    if (this.#unclearTasks > 0) this.#recordSlow()
    this.#unclearTasks = 0
  }

  #recordSlow(): void {
    const others = this.#unclearTasks - 1
    this.#recordRun(this.#usual, others)
    this.#recordRun(Math.max(this.#unclearTime - this.#usual * others, this.#usual), 1)
  }

  #recordRun(milliseconds: number, count: number): void {
    this.#run.add(milliseconds * 1e6, count)
  }

  #recordWaits(stretch: number, count: number): void {
    const stamps = this.#stamps
    const used = this.#used
    for (let at = 0; at < used; at += 3) {
      const same = stamps[at + 2]!
      // As if all tasks of the stretch took equally long.
      const began = this.#looked + (stretch * (2 * stamps[at + 1]! + same - 1)) / (2 * count)
      this.#wait.add(waited(stamps[at]!, began), same)
    }
    this.#used = 0
    this.#last = 0
  }
}

/** How long a task with this stamp had waited at `now`, in nanoseconds: crates/lane/src/stamp.rs. */
function waited(stamp: number, now: number): number {
  const microseconds = (now + CLOCK_OFFSET) * 1000
  const coarse = stamp < 0
  // To an integer modulo 2^32.
  const units = (coarse ? (microseconds * 1000) / STAMP_COARSE : microseconds) | 0
  const difference = (units - stamp) & 0x7fff_ffff
  if (difference >= STAMP_NEGATIVE) return 0
  return difference * (coarse ? STAMP_COARSE : 1000)
}
