/** How long an endless stream of tasks may keep the event loop from going round, in milliseconds. */
const TIME = 5
/** Tasks between two looks at the clock, at most: a look costs as much as a small task does. */
const MOST_TASKS = 64
/** A stretch of tasks this short is looked at half as often, in milliseconds. */
const SHORT = 0.02

/** Says when it is time to let the event loop go round. */
export class YieldClock {
  #began = performance.now()
  #looked = this.#began
  /** Tasks until the next look. */
  #left = 1
  #interval = 1

  /** Counts a task. True: look at the clock, by {@link isTimeUp}. */
  isDue(): boolean {
    return --this.#left === 0
  }

  /** Looks at the clock. */
  isTimeUp(): boolean {
    const now = performance.now()
    const stretch = now - this.#looked
    this.#looked = now
    this.#interval = stretch < SHORT ? Math.min(this.#interval * 2, MOST_TASKS) : Math.max(this.#interval >> 2, 1)
    this.#left = this.#interval
    return now - this.#began >= TIME
  }

  /** The event loop has been round. Returns the time. */
  restart(): number {
    this.#began = this.#looked = performance.now()
    this.#left = this.#interval
    return this.#began
  }
}
