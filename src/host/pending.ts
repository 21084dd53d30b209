import { unlisten } from './signals.js'

/** Settles one promise. */
export type Settle = (value: any) => void

/** What few tasks have, kept apart so that the others do not pay for it. */
export interface TaskExtras {
  /** Of a task that `pool.cancel` can find. */
  readonly id?: string | undefined
  readonly signal: AbortSignal | undefined
  /** Listening on `signal` until the task settles; there if it has that or an id. */
  readonly cancel: Cancel | undefined
  readonly onProgress: Settle | undefined
  /** Of a task with streams: who takes what is said of them. */
  readonly stream?: StreamEnd | undefined
  /** Left by `pool.cancel`. */
  cancelled?: { readonly reason: unknown }
}

/** Cancels a task, whose signal gets the reason, encoded. False: it has settled already. */
export type Cancel = (reason: Uint8Array | undefined) => boolean

/** The host's end of the streams of one task. */
export interface StreamEnd {
  /** The task has sent an item. */
  item(item: unknown): void
  /** The task has sent what is no item. */
  damaged(error: unknown): void
  /** The task wants `count` items more of the stream it was given in place of that parameter; 0: none any more. */
  pulled(input: number, count: number): void
  /** What waited on its way to the task no longer does. */
  forwarded(input: number): void
}

/** A slot that is free or settled; the same shape of function as a real one. */
function nothing(): void {}

/** Ends the list of free tickets. */
const NONE = -1
const FIRST_LENGTH = 1024

/**
 * The tasks that have not settled, by ticket. A ticket is an index into parallel arrays: no object per task. It is
 * given out again once the task has settled; the arrays are as long as the most tasks there were since it was idle.
 *
 * A promise with both of its functions takes 216 bytes, with one 160: only `resolve` is kept, which can reject too.
 */
export class PendingTasks {
  #resolve: Settle[] = []
  /** The function a task calls; of a free ticket, the next free one. */
  #words = new Int32Array(FIRST_LENGTH)
  readonly #extras = new Map<number, TaskExtras>()
  /** Tickets of the tasks that have an id. */
  readonly #byId = new Map<string, number>()
  #free = NONE
  /** All are rejected, and no ticket is given back: the driver may still speak of them. */
  #abandoned = false

  /** Number of tasks pending. */
  size = 0
  /** Number of tasks that were ever fulfilled. */
  completed = 0
  /** Number of tasks that were ever rejected. */
  rejected = 0

  /** Takes a ticket for the promise that `resolve` settles. */
  add(resolve: Settle, functionId: number): number {
    this.size++
    let ticket = this.#free
    if (ticket === NONE) {
      ticket = this.#resolve.push(resolve) - 1
      if (ticket === this.#words.length) this.#grow()
    } else {
      this.#free = this.#words[ticket]!
      this.#resolve[ticket] = resolve
    }
    this.#words[ticket] = functionId
    return ticket
  }

  /** Attaches signal and progress listener to a pending task, and its id, which nobody else has. */
  attach(ticket: number, extras: TaskExtras): void {
    this.#extras.set(ticket, extras)
    if (extras.id !== undefined) this.#byId.set(extras.id, ticket)
  }

  /** The pending task of this id. */
  ticketOf(id: string): number | undefined {
    return this.#byId.get(id)
  }

  /** What {@link attach} left. */
  extrasOf(ticket: number): TaskExtras | undefined {
    return this.#extras.get(ticket)
  }

  /** The function a pending task calls. */
  functionOf(ticket: number): number {
    return this.#words[ticket]!
  }

  /** Settles as fulfilled and gives the ticket back. */
  resolve(ticket: number, value: unknown): void {
    const resolve = this.#resolve[ticket]!
    this.completed++
    this.#release(ticket)
    resolve(value)
  }

  /** Settles as rejected, one turn of the microtasks later, and gives the ticket back. */
  reject(ticket: number, reason: unknown): void {
    const resolve = this.#resolve[ticket]!
    this.rejected++
    this.#release(ticket)
    resolve(new Rejection(reason))
  }

  /** True for a ticket that is out. Anything else in an event would be a fault of the driver. */
  has(ticket: number): boolean {
    const resolve = this.#resolve[ticket]
    return resolve !== undefined && resolve !== nothing
  }

  /** Rejects all. The tickets are not given back: the driver may still speak of them. */
  rejectAll(reason: unknown): void {
    this.#abandoned = true
    for (let ticket = 0; ticket < this.#resolve.length; ticket++) {
      if (this.has(ticket)) this.reject(ticket, reason)
    }
  }

  #release(ticket: number): void {
    this.size--
    this.#resolve[ticket] = nothing
    if (this.#extras.size !== 0) this.#detach(ticket)
    if (this.#abandoned) return
    this.#words[ticket] = this.#free
    this.#free = ticket
    // The memory of a burst goes with it.
    if (this.size === 0 && this.#words.length > FIRST_LENGTH) this.#shrink()
  }

  #detach(ticket: number): void {
    const extras = this.#extras.get(ticket)
    if (extras === undefined) return
    this.#extras.delete(ticket)
    if (extras.signal !== undefined && extras.cancel !== undefined) unlisten(extras.signal, extras.cancel)
    if (extras.id !== undefined && this.#byId.get(extras.id) === ticket) this.#byId.delete(extras.id)
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
  }

  #shrink(): void {
    this.#resolve = []
    this.#words = new Int32Array(FIRST_LENGTH)
    this.#free = NONE
  }
}

/** What makes a promise that is resolved with it a rejected one. */
export class Rejection {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }

  // biome-ignore lint/suspicious/noThenProperty: being a thenable is what it is for
  then(_resolve: Settle, reject: Settle): void {
    reject(this.reason)
  }
}
