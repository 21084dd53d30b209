/** Waits shorter than this, in microseconds, are spent awake: waking up takes about as long. */
const SHORT = 50
/**
 * More tasks than this between two waits mean that many are under way: then sleeping costs little, since each wake-up
 * brings many.
 */
const FEW_TASKS = 8

/** Says whether it pays to wait awake for the next task. The last wait tells: the next will be much like it. */
export class Patience {
  readonly #lane: { spin(seen: number, microseconds: number): boolean }
  #short = false
  /** Tasks since the last wait. */
  #tasks = 0
  /** When the worker went to sleep, if it may be short. */
  #slept = 0

  constructor(lane: { spin(seen: number, microseconds: number): boolean }) {
    this.#lane = lane
  }

  /** A task was taken from the ring. */
  count(): void {
    this.#tasks++
  }

  /** Waits until the ring's tail is no longer `seen`, if that is likely to take a short time; whether it is. */
  wait(seen: number): boolean {
    const few = this.#tasks <= FEW_TASKS
    this.#tasks = 0
    if (!few || !this.#short) return false
    this.#short = this.#lane.spin(seen >>> 0, SHORT)
    return this.#short
  }

  /** The worker goes to sleep. Returns the time. */
  sleep(): number {
    this.#slept = performance.now()
    return this.#slept
  }

  /** It is awake again. */
  wake(now: number): void {
    this.#short = now - this.#slept < SHORT / 1000
  }
}
