import type { HatcheryError } from '../errors/index.js'
import { closedError, cutOffError } from './failure.js'

/** A promise with its ends in hand. */
interface Deferred {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
}

function defer(): Deferred {
  let resolve!: () => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  // Nobody need look at it: every task is rejected with the same error.
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/**
 * Life of a pool: starting → open → closing → closed; a failure leads to closing from anywhere. Tasks are taken
 * while starting and open.
 */
export class Lifecycle {
  readonly #ready = defer()
  readonly #closed = defer()
  #starting = true
  #closing = false
  #gone = false
  #failure: HatcheryError | undefined

  /** True while tasks are taken. */
  accepting = true
  /** True once somebody has asked for {@link ready}, and so will hear of a failure. */
  watched = false

  /** Settles once the pool can start workers. */
  get ready(): Promise<void> {
    this.watched = true
    return this.#ready.promise
  }

  /** Settles once nothing of the pool is left. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  /** True until the pool can start workers, or gives up. */
  get isStarting(): boolean {
    return this.#starting
  }

  /** True from `close` or `destroy` on. */
  get isClosing(): boolean {
    return this.#closing
  }

  /** True once nothing of the pool is left. */
  get isClosed(): boolean {
    return this.#gone
  }

  /** What the pool has failed with. */
  get failure(): HatcheryError | undefined {
    return this.#failure
  }

  /** Why tasks are refused: the failure of the pool, or that it is closed. */
  refusal(): HatcheryError {
    return this.#failure ?? closedError()
  }

  /** Why tasks are rejected that nobody waits for: the failure of the pool, or that it was closed. */
  cutOff(): HatcheryError {
    return this.#failure ?? cutOffError()
  }

  /** The pool can start workers. */
  becomeReady(): void {
    this.#starting = false
    this.#ready.resolve()
  }

  /** Returns false if the pool had failed or closed before. */
  fail(error: HatcheryError): boolean {
    if (this.#failure !== undefined || this.#gone) return false
    this.#failure = error
    this.#starting = false
    this.accepting = false
    this.#ready.reject(error)
    return true
  }

  /** Returns false if the pool was closing already. */
  beginClosing(): boolean {
    if (this.#closing) return false
    this.#closing = true
    this.accepting = false
    return true
  }

  /** Nothing is left. */
  becomeClosed(): void {
    this.#gone = true
    this.#starting = false
    this.accepting = false
    this.#ready.reject(this.refusal())
    this.#closed.resolve()
  }
}
