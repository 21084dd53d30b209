import { CLOCK_OFFSET } from './clock.js'

/** How long an endless stream of tasks may keep the event loop from going round, in milliseconds. */
const TIME = 5
/** Tasks between two looks at the clock, at most: a look costs as much as a small task does. */
const MOST_TASKS = 64
/** A stretch of tasks this short is looked at half as often, in milliseconds. */
const SHORT = 0.02
/** … once so many of a length were short: with that few tasks of which one is slow, it is seldom two of a stretch. */
const CALM = 8
/** The same as SHORT, in microseconds. */
const LATE = SHORT * 1000

/** Says when to look at the clock, and when it is time to let the event loop go round. */
export class YieldClock {
  #began = performance.now()
  #looked = this.#began
  /** Tasks until the next look. */
  #left = 1
  #interval = 1
  #calm = 0
  /** Tasks since the last look. */
  #begun = 0
  /** As `#looked`, in the host's unit. */
  #lookedMicroseconds = 0

  /** A task is about to begin. True: look at the clock, by {@link look}. */
  isDue(): boolean {
    this.#begun++
    return --this.#left === 0
  }

  /**
   * Whether it is later than a short stretch, by the host's clock: that word has microseconds of CLOCK_MONOTONIC modulo
   * 2^32. It is not read before the first task since the last look, as the host has just written to its line.
   */
  isLate(words: Int32Array, at: number): boolean {
    return this.#begun > 1 && ((words[at]! - this.#lookedMicroseconds) | 0) > LATE
  }

  /** Looks at the clock. Returns the time. */
  look(): number {
    const now = performance.now()
    const stretch = now - this.#looked
    this.#see(now)
    if (stretch >= SHORT) {
      this.#interval = stretch >= 4 * SHORT ? 1 : Math.max(this.#interval >> 2, 1)
      this.#calm = 0
    } else if (++this.#calm === CALM) {
      this.#interval = Math.min(this.#interval * 2, MOST_TASKS)
      this.#calm = 0
    }
    this.#left = this.#interval
    return now
  }

  /** Whether the event loop has waited for long enough. */
  isTimeUp(now: number): boolean {
    return now - this.#began >= TIME
  }

  /** There was nothing to do, and the event loop has not been round. Returns the time. */
  resume(): number {
    const now = performance.now()
    this.#see(now)
    return now
  }

  /** The event loop has been round. Returns the time. */
  restart(): number {
    this.#began = performance.now()
    this.#see(this.#began)
    this.#left = this.#interval
    return this.#began
  }

  #see(now: number): void {
    this.#begun = 0
    this.#looked = now
    this.#lookedMicroseconds = ((now + CLOCK_OFFSET) * 1000) | 0
  }
}
