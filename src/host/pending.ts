import { unlisten } from './signals.js'
import type { ObservedTask } from './tracing/observed-task.js'

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
  /** Of a task that somebody observes. */
  readonly observed?: ObservedTask | undefined
  /** Of a task that has spent some of it before the driver had it: the whole of its `queueTimeout`. */
  readonly queueTimeout?: number
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
const PAGE_SHIFT = 10
const PAGE = 1 << PAGE_SHIFT
const PAGE_MASK = PAGE - 1

/** Words of tickets that were never out. */
function vacantWords(length: number): Int32Array {
  return new Int32Array(length).fill(NONE)
}

/** Copied for each page: without holes, and no longer than it has to be. */
const VACANT: readonly Settle[] = Array.from({ length: PAGE }, () => nothing)

/**
 * The tasks that have not settled, by ticket. A ticket is an index into parallel arrays: no object per task. It is
 * given out again once the task has settled; there is room for the most tasks there were since it was idle. The
 * functions are in pages: one array that grows would leave copies of itself behind, as large again, until V8 gets to them.
 *
 * A promise with both of its functions takes 216 bytes, with one 160: only `resolve` is kept, which can reject too.
 */
export class PendingTasks {
  #resolve: Settle[][] = []
  /**
   * The function a task calls; of a ticket that is not out, a negative number: if it is free, the next free one from -2
   * downwards. One array, since its memory is not V8's to collect.
   */
  #words = vacantWords(PAGE)
  /** Tickets that were given out since it was idle: those below are out or free. */
  #used = 0
  readonly #extras = new Map<number, TaskExtras>()
  /** Tickets of the tasks that have an id. */
  readonly #byId = new Map<string, number>()
  #free = NONE
  /** All are rejected, and no ticket is given back: the driver may still speak of them. */
  #abandoned = false

  /** Number of tasks pending. */
  size = 0
  /** So many pending are too many. */
  highMark = Infinity
  /** There were too many, and there are not few enough yet. */
  crowded = false
  /** Called when there are too many. */
  onCrowded: () => void = nothing
  /** Number of tasks that were ever fulfilled. */
  completed = 0
  /** Number of tasks that were ever rejected. */
  rejected = 0

  /** Takes a ticket for the promise that `resolve` settles. */
  add(resolve: Settle, functionId: number): number {
    if (++this.size >= this.highMark && !this.crowded) {
      this.crowded = true
      this.onCrowded()
    }
    let ticket = this.#free
    if (ticket === NONE) {
      ticket = this.#used++
      if (ticket >> PAGE_SHIFT === this.#resolve.length) this.#grow()
    } else this.#free = -2 - this.#words[ticket]!
    this.#resolve[ticket >> PAGE_SHIFT]![ticket & PAGE_MASK] = resolve
    this.#words[ticket] = functionId
    return ticket
  }

  /** Attaches signal and progress listener to a pending task, and its id, which nobody else has. */
  attach(ticket: number, extras: TaskExtras): void {
    this.#extras.set(ticket, extras)
    if (extras.id !== undefined) this.#byId.set(extras.id, ticket)
  }

  /** Notes what the driver will not know of a task: it is told what is left of that. */
  setQueueTimeout(ticket: number, queueTimeout: number): void {
    const extras = this.#extras.get(ticket) ?? { signal: undefined, cancel: undefined, onProgress: undefined }
    this.#extras.set(ticket, { ...extras, queueTimeout })
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
    this.completed++
    this.#release(ticket)(value)
  }

  /** Settles as rejected, one turn of the microtasks later, and gives the ticket back. */
  reject(ticket: number, reason: unknown): void {
    this.rejected++
    this.#release(ticket)(new Rejection(reason))
  }

  /** True for a ticket that is out. Anything else in an event would be a fault of the driver. */
  has(ticket: number): boolean {
    return this.#words[ticket]! >= 0
  }

  /** Rejects all. The tickets are not given back: the driver may still speak of them. */
  rejectAll(reason: unknown): void {
    this.#abandoned = true
    for (let ticket = 0; ticket < this.#used; ticket++) {
      if (this.has(ticket)) this.reject(ticket, reason)
    }
  }

  /** What settles the task, which is pending no more. */
  #release(ticket: number): Settle {
    const page = this.#resolve[ticket >> PAGE_SHIFT]!
    const resolve = page[ticket & PAGE_MASK]!
    this.size--
    page[ticket & PAGE_MASK] = nothing
    if (this.#extras.size !== 0) this.#detach(ticket)
    this.#words[ticket] = this.#abandoned ? NONE : -2 - this.#free
    if (this.#abandoned) return resolve
    this.#free = ticket
    // The memory of a burst goes with it.
    if (this.size === 0 && this.#words.length > PAGE) this.#shrink()
    return resolve
  }

  #detach(ticket: number): void {
    const extras = this.#extras.get(ticket)
    if (extras === undefined) return
    this.#extras.delete(ticket)
    if (extras.signal !== undefined && extras.cancel !== undefined) unlisten(extras.signal, extras.cancel)
    if (extras.id !== undefined && this.#byId.get(extras.id) === ticket) this.#byId.delete(extras.id)
  }

  #grow(): void {
    this.#resolve.push(VACANT.slice())
    if (this.#resolve.length << PAGE_SHIFT <= this.#words.length) return
    const words = vacantWords(this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
  }

  #shrink(): void {
    this.#resolve.length = 1
    this.#words = vacantWords(PAGE)
    this.#used = 0
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
