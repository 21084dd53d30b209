/** A call of `next()` that waits. */
interface Waiting {
  readonly resolve: (result: IteratorResult<unknown>) => void
  readonly reject: (reason: unknown) => void
}

/**
 * A stream that a task was given, as the task sees it. The source is in the host; items come as they are asked for,
 * at most `window` ahead of what the task has taken.
 */
export class TaskInput implements AsyncIterableIterator<unknown> {
  /** Asks the host for that many items more; 0: for none any more. */
  readonly #pull: (count: number) => void
  readonly #window: number
  readonly #items: unknown[] = []
  readonly #waiting: Waiting[] = []
  /** Items taken and not yet asked for anew. */
  #taken = 0
  #begun = false
  /** Nothing more will come. */
  #over = false
  /** What is to be thrown once the items are taken. */
  #failure: { readonly reason: unknown } | undefined

  constructor(window: number, pull: (count: number) => void) {
    this.#window = window
    this.#pull = pull
  }

  next(): Promise<IteratorResult<unknown>> {
    if (!this.#begun) {
      this.#begun = true
      if (!this.#over) this.#pull(this.#window)
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#serve()
    })
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    if (!this.#over) this.#pull(0)
    this.#items.length = 0
    this.#failure = undefined
    this.end()
    return Promise.resolve({ done: true, value })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Nobody waits for items any more. */
  get isOver(): boolean {
    return this.#over
  }

  /** An item has come. */
  push(item: unknown): void {
    if (this.#over) return
    this.#items.push(item)
    this.#serve()
  }

  /** There are no more. */
  end(): void {
    this.#over = true
    this.#serve()
  }

  /** The source has failed, or the task is not wanted any more. */
  fail(reason: unknown): void {
    if (this.#over) return
    this.#failure = { reason }
    this.end()
  }

  /** What has come cannot be read; the source is to stop. */
  abandon(reason: unknown): void {
    if (!this.#over) this.#pull(0)
    this.fail(reason)
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      if (this.#items.length > 0) {
        this.#waiting.shift()!.resolve({ done: false, value: this.#items.shift() })
        this.#count()
      } else if (this.#failure !== undefined) {
        const { reason } = this.#failure
        this.#failure = undefined
        this.#waiting.shift()!.reject(reason)
      } else if (this.#over) {
        this.#waiting.shift()!.resolve({ done: true, value: undefined })
      } else {
        return
      }
    }
  }

  /** Half a window is asked for at a time: the other half is under way meanwhile. */
  #count(): void {
    if (++this.#taken < this.#window / 2 || this.#over) return
    const taken = this.#taken
    this.#taken = 0
    this.#pull(taken)
  }
}
