import { constants } from 'node:os'
import process from 'node:process'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * The end before the input's end. At the first signal no line is taken any more, and tasks that were begun are waited for; at
 * the second they are not.
 */
export class Interruption {
  readonly #onStop: () => void
  readonly #kill: () => void
  #signal: NodeJS.Signals | undefined
  #stopping = false
  #killed = false

  /**
   * @param onStop the first signal has come
   * @param kill nobody waits for tasks any more
   */
  constructor(onStop: () => void, kill: () => void) {
    this.#onStop = onStop
    this.#kill = kill
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
  }

  /** No line is to be taken any more. */
  get stopping(): boolean {
    return this.#stopping
  }

  /** Results are not waited for. */
  get killed(): boolean {
    return this.#killed
  }

  /** As shells have it for what a signal has ended; undefined: none has. */
  get exitCode(): number | undefined {
    return this.#signal === undefined ? undefined : 128 + constants.signals[this.#signal]
  }

  /** Nobody wants the results any more. */
  giveUp(): void {
    this.#stop()
    this.#killed = true
    this.#kill()
  }

  /** Signals do to the process what they always do. */
  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#signal === undefined) {
      this.#signal = signal
      this.#stop()
      this.#onStop()
    } else {
      this.giveUp()
    }
  }

  #stop(): void {
    this.#stopping = true
    // Else a line would be waited for.
    process.stdin.destroy()
  }
}
