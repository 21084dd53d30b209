/** Settles one promise. */
export type Settle = (value: any) => void

/** What few tasks have, kept apart so that the others do not pay for it. */
export interface TaskExtras {
  readonly signal: AbortSignal | undefined
  /** Listening on `signal` until the task settles. */
  readonly onAbort: (() => void) | undefined
  readonly onProgress: Settle | undefined
}

/** A slot that is free or settled; the same shape of function as a real one. */
function nothing(): void {}

/**
 * The tasks that have not settled, by ticket. A ticket is an index into parallel arrays: no object per task. It is
 * given out again once the task has settled, so the arrays are as long as the most tasks there ever were at once.
 */
export class PendingTasks {
  readonly #resolve: Settle[] = []
  readonly #reject: Settle[] = []
  readonly #functionId: number[] = []
  readonly #extras: (TaskExtras | undefined)[] = []
  readonly #free: number[] = []

  /** Number of tasks pending. */
  size = 0
  /** Number of tasks that were ever fulfilled. */
  completed = 0
  /** Number of tasks that were ever rejected. */
  rejected = 0

  /** Takes a ticket. */
  add(resolve: Settle, reject: Settle, functionId: number): number {
    this.size++
    const ticket = this.#free.pop()
    if (ticket === undefined) {
      this.#reject.push(reject)
      this.#functionId.push(functionId)
      this.#extras.push(undefined)
      return this.#resolve.push(resolve) - 1
    }
    this.#resolve[ticket] = resolve
    this.#reject[ticket] = reject
    this.#functionId[ticket] = functionId
    return ticket
  }

  /** Attaches signal and progress listener to a pending task. */
  attach(ticket: number, extras: TaskExtras): void {
    this.#extras[ticket] = extras
  }

  /** What {@link attach} left. */
  extrasOf(ticket: number): TaskExtras | undefined {
    return this.#extras[ticket]
  }

  /** The function a pending task calls. */
  functionOf(ticket: number): number {
    return this.#functionId[ticket]!
  }

  /** Settles as fulfilled and gives the ticket back. */
  resolve(ticket: number, value: unknown): void {
    const resolve = this.#resolve[ticket]!
    this.completed++
    this.#release(ticket)
    resolve(value)
  }

  /** Settles as rejected and gives the ticket back. */
  reject(ticket: number, reason: unknown): void {
    const reject = this.#reject[ticket]!
    this.rejected++
    this.#release(ticket)
    reject(reason)
  }

  /** True for a ticket that is out. Anything else in an event would be a fault of the driver. */
  has(ticket: number): boolean {
    const resolve = this.#resolve[ticket]
    return resolve !== undefined && resolve !== nothing
  }

  /** Rejects all. The tickets are not given back: the driver may still speak of them. */
  rejectAll(reason: unknown): void {
    for (let ticket = 0; ticket < this.#resolve.length; ticket++) {
      if (!this.has(ticket)) continue
      this.reject(ticket, reason)
      this.#free.pop()
    }
  }

  #release(ticket: number): void {
    this.size--
    const extras = this.#extras[ticket]
    if (extras !== undefined) {
      this.#extras[ticket] = undefined
      if (extras.onAbort !== undefined) extras.signal!.removeEventListener('abort', extras.onAbort)
    }
    this.#resolve[ticket] = nothing
    this.#reject[ticket] = nothing
    this.#free.push(ticket)
  }
}
