/** How long an endless stream of tasks may keep the event loop from going round, in milliseconds. */
const TIME = 5
/** Tasks between two looks at the clock, at most: a look costs as much as a small task does. */
const MOST_TASKS = 64
/** A stretch of tasks this short is looked at half as often, in milliseconds. */
const SHORT = 0.02
/** … once so many of a length were short: with that few tasks of which one is slow, it is seldom two of a stretch. */
const CALM = 8

/** Says when to look at the clock, and when it is time to let the event loop go round. */
export class YieldClock {
  #began = performance.now()
  #looked = this.#began
  /** Tasks until the next look. */
  #left = 1
  #interval = 1
  #calm = 0

  /** A task is about to begin. True: look at the clock, by {@link look}. */
  isDue(): boolean {
    return --this.#left === 0
  }

  /** Looks at the clock. Returns the time. */
  look(): number {
    const now = performance.now()
    const stretch = now - this.#looked
    this.#looked = now
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

  /** The event loop has been round. Returns the time. */
  restart(): number {
    this.#began = this.#looked = performance.now()
    this.#left = this.#interval
    return this.#began
  }
}
