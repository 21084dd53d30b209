import { asyncDispose } from './dispose.js'
import type { Cancel, StreamEnd } from './pending.js'

/** Items of `pool.stream()`. Leaving the loop early cancels the task. */
export interface ItemIterator<Item, Return = any> extends AsyncIterableIterator<Item, Return, undefined> {
  return(value?: Return | PromiseLike<Return>): Promise<IteratorResult<Item, Return>>
  throw(reason?: unknown): Promise<IteratorResult<Item, Return>>
  [Symbol.asyncDispose](): Promise<void>
}

/** A call of `next()` that waits. */
interface Waiting<Item, Return> {
  readonly resolve: (result: IteratorResult<Item, Return>) => void
  readonly reject: (reason: unknown) => void
}

/** The task behind a stream, as long as it has not settled. */
export interface StreamingTask {
  /** It may send `count` items more. */
  credit(count: number): void
  readonly cancel: Cancel
}

/** How a task is submitted whose items go to a stream. */
export interface StreamStart {
  /** Submits it, or ends its sources and throws what the stream is to fail with. */
  submit(stream: TaskStream<any, any>): StreamingTask
  /** It will never be submitted. */
  withdraw(): void
}

/**
 * The consumer's end of a task that is a generator. The task is submitted by the first `next()`. The window bounds what
 * is under way and what waits here; half of it is granted anew at a time, while the other half is under way.
 */
export class TaskStream<Item, Return> implements ItemIterator<Item, Return>, Omit<StreamEnd, 'pulled' | 'forwarded'> {
  readonly #start: StreamStart
  readonly #window: number
  readonly #items: Item[] = []
  readonly #waiting: Waiting<Item, Return>[] = []
  #task: StreamingTask | undefined
  #begun = false
  /** Nothing more will come: what `next()` answers once the items are taken. */
  #end: { readonly failed: boolean; readonly value: unknown } | undefined
  /** Items taken and not yet granted anew. */
  #taken = 0
  /** How often it was looked at since it was last read. */
  #looks = 0

  constructor(start: StreamStart, window: number) {
    this.#start = start
    this.#window = window
  }

  next(): Promise<IteratorResult<Item, Return>> {
    if (!this.#begun) this.#begin()
    this.#looks = 0
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#serve()
    })
  }

  async return(value?: Return | PromiseLike<Return>): Promise<IteratorResult<Item, Return>> {
    this.#leave()
    return { done: true, value: (await value) as Return }
  }

  async throw(reason?: unknown): Promise<IteratorResult<Item, Return>> {
    this.#leave()
    throw reason
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [asyncDispose](): Promise<void> {
    this.#leave()
  }

  /** An item has come. */
  item(item: unknown): void {
    if (this.#end !== undefined) return
    this.#items.push(item as Item)
    this.#serve()
  }

  /** How often this has been asked since somebody last read from the stream; 0 if somebody waits for an item. */
  unread(): number {
    this.#looks = this.#waiting.length > 0 ? 0 : this.#looks + 1
    return this.#looks
  }

  /** What has come cannot be decoded, or nobody reads it. */
  damaged(error: unknown): void {
    const task = this.#task
    this.settle(true, error)
    task?.cancel(undefined)
  }

  /** The task is cancelled: what waits here is not wanted any more. */
  abort(reason: Uint8Array | undefined): boolean {
    this.#items.length = 0
    return this.#task?.cancel(reason) ?? false
  }

  /** The task has settled, or never will. The first word stands. */
  settle(failed: boolean, value: unknown): void {
    this.#task = undefined
    this.#end ??= { failed, value }
    this.#serve()
  }

  #begin(): void {
    this.#begun = true
    try {
      this.#task = this.#start.submit(this)
    } catch (error) {
      this.settle(true, error)
    }
  }

  #leave(): void {
    if (!this.#begun) {
      this.#begun = true
      this.#start.withdraw()
    }
    const task = this.#task
    this.#items.length = 0
    // Whatever becomes of the task: nobody waits for it any more.
    this.#task = undefined
    this.#end = { failed: false, value: undefined }
    this.#serve()
    task?.cancel(undefined)
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#items.length > 0) {
        this.#waiting.shift()!.resolve({ done: false, value: this.#items.shift()! })
        this.#grant()
        continue
      }
      const end = this.#end
      if (end === undefined) return
      // Told once; after that there is nothing.
      this.#end = { failed: false, value: undefined }
      const { resolve, reject } = this.#waiting.shift()!
      if (end.failed) reject(end.value)
      else resolve({ done: true, value: end.value as Return })
    }
  }

  #grant(): void {
    if (++this.#taken < this.#window / 2) return
    const taken = this.#taken
    this.#taken = 0
    this.#task?.credit(taken)
  }
}
