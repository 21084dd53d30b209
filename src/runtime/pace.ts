/** Stretches of which the quickest counts: in the others the processor may have been taken away. */
const STRETCHES = 16

/** Longest that is told, in nanoseconds: anything above some microseconds is the same to the host. */
const LONGEST = 1e9

/**
 * How long tasks take, told to the host by a word of the lane. Only what runs counts: the time from a wake-up to the end of
 * what there was to do, without any waiting. The host itself sees waiting and running as one.
 *
 * The quickest of some stretches counts: where processes share a processor, most are interrupted.
 */
export class Pace {
  readonly #words: Int32Array
  readonly #at: number
  /** Start of the stretch, in milliseconds; 0: it is not measured. */
  #since = 0
  #tasks = 0
  /** Nanoseconds a task, as told. */
  #pace = 0
  /** Of the stretches under way. */
  #least = Infinity
  #left = STRETCHES

  /** @param at where to write it, as an index of `words` */
  constructor(words: Int32Array, at: number) {
    this.#words = words
    this.#at = at
  }

  /** A stretch begins; 0: one that is not to be measured. */
  start(now: number): void {
    this.#since = now
    this.#tasks = 0
  }

  /** A task begins. */
  count(): void {
    this.#tasks++
  }

  /** A task goes on after the stretch: how long it takes does not show in it. */
  spoil(): void {
    this.#since = 0
    if (this.#pace !== 0) this.#tell(0)
  }

  /** The stretch is over. */
  stop(now: number): void {
    if (this.#since === 0 || this.#tasks === 0) return
    const pace = Math.min(((now - this.#since) * 1e6) / this.#tasks, LONGEST)
    this.#since = 0
    this.#least = Math.min(this.#least, pace)
    if (--this.#left === 0) {
      this.#tell(this.#least)
      this.#least = Infinity
      this.#left = STRETCHES
    } else if (this.#pace === 0 || this.#least < this.#pace) {
      this.#tell(this.#least)
    }
  }

  #tell(pace: number): void {
    this.#pace = pace
    this.#words[this.#at] = Math.ceil(pace)
  }
}
