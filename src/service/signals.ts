/**
 * Signals of the daemon: SIGTERM and SIGINT drain, SIGHUP reads the configuration anew, SIGUSR1 writes the figures into
 * the log, SIGUSR2 rolls the workers.
 *
 * Node takes SIGUSR1 for its debugger: it opens the inspector's port, to which anybody on the machine may connect. A listener
 * takes the signal away from it, so ours are there before anything else of the daemon is.
 */
import process from 'node:process'

/** What signals mean. */
export interface SignalActions {
  /** `again`: it has been told before, and is to hurry. */
  stop(signal: NodeJS.Signals, again: boolean): void
  reconfigure(): void
  printStats(): void
  roll(): void
}

/** Listens. Until there are actions, a signal to stop is kept, and others are disregarded: nothing is up yet. */
export class Signals {
  #actions: SignalActions | undefined
  #stopSignal: NodeJS.Signals | undefined
  #stops = 0

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, this.#onStop)
    process.on('SIGHUP', this.#onHangUp)
    process.on('SIGUSR1', this.#onPrint)
    process.on('SIGUSR2', this.#onRoll)
  }

  /** From now on signals do this. */
  begin(actions: SignalActions): void {
    this.#actions = actions
    if (this.#stopSignal !== undefined) actions.stop(this.#stopSignal, this.#stops > 1)
  }

  /** Signals do to the process what they always do. */
  end(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, this.#onStop)
    process.off('SIGHUP', this.#onHangUp)
    process.off('SIGUSR1', this.#onPrint)
    process.off('SIGUSR2', this.#onRoll)
  }

  readonly #onStop = (signal: NodeJS.Signals): void => {
    this.#stopSignal ??= signal
    this.#stops++
    this.#actions?.stop(signal, this.#stops > 1)
  }

  readonly #onHangUp = (): void => this.#actions?.reconfigure()
  readonly #onPrint = (): void => this.#actions?.printStats()
  readonly #onRoll = (): void => this.#actions?.roll()
}
