/** Waits shorter than this, in microseconds, are spent awake: waking up takes about as long. */
const SHORT = 50
/**
 * The first wait may be longer: most workers are started since a task waits, and the host sends it when it hears that this
 * one is ready. To go to sleep for the first time takes a fork much longer than later, as nothing of it has been used yet.
 */
const FIRST = 200
/**
 * A sleep shorter than this, in milliseconds, may have been a short wait, had both sides been awake: two wake-ups, and what
 * the host did. If it were judged by the time that is spent awake, two sides that sleep would keep each other asleep.
 */
const SHORT_SLEEP = 0.1
/**
 * After waits awake in vain, one after the other, 0, 1, 3, 7 and then always so many waits are slept through. A single one
 * says little: the host may have collected garbage.
 */
const LONGEST_REST = 15
/**
 * More tasks than this between two waits mean that many are under way: then sleeping costs little, since each wake-up
 * brings many.
 */
const FEW_TASKS = 8

/** Says whether it pays to wait awake for the next task. The last wait tells: the next will be much like it. */
export class Patience {
  readonly #lane: { spin(seen: number, microseconds: number): boolean }
  #short = true
  #patience = FIRST
  /** Tasks since the last wait. */
  #tasks = 0
  /** When the worker went to sleep; 0: it did not. */
  #slept = 0
  /** Waits to be slept through if the next one awake is in vain; 0: the last one was not. */
  #vain = 0
  /** Waits yet to be slept through, however short. */
  #rest = 0

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
    this.#short = this.#lane.spin(seen >>> 0, this.#patience)
    this.#patience = SHORT
    if (this.#short) {
      this.#vain = 0
    } else {
      this.#rest = this.#vain
      this.#vain = Math.min(this.#vain * 2 + 1, LONGEST_REST)
    }
    return this.#short
  }

  /** The worker goes to sleep. Returns the time. */
  sleep(): number {
    this.#slept = performance.now()
    return this.#slept
  }

  /** It is awake again, or goes on after others have had their turn, which says nothing about the next wait. */
  wake(now: number): void {
    if (this.#slept === 0) return
    this.#short = this.#rest === 0 && now - this.#slept < SHORT_SLEEP
    if (this.#rest > 0) this.#rest--
    this.#slept = 0
  }
}
