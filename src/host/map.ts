import { setMaxListeners } from 'node:events'
import { checkBoolean, checkInteger } from './check.js'
import { asyncDispose } from './dispose.js'
import { invalidOption } from './invalid-option.js'
import { packOptions, type RunOptions } from './run-options.js'

/** Options of `pool.map()`. */
export interface MapOptions extends Omit<RunOptions, 'id'> {
  /**
   * Tasks submitted and not yet handed out, at most. Default: 4 times what the workers can run at a time, at
   * least 16.
   */
  concurrency?: number | undefined
  /** True (default): results in the order of the items. False: as they come. */
  ordered?: boolean | undefined
}

/** Results of `pool.map()`. Leaving the loop early cancels what is in flight. */
export interface TaskIterator<R> extends AsyncIterableIterator<R> {
  return(value?: unknown): Promise<IteratorResult<R>>
  [Symbol.asyncDispose](): Promise<void>
}

/** A result on its way to the consumer. */
interface Slot {
  settled: boolean
  failed: boolean
  value: unknown
}

/** A call of `next()` that waits. */
interface Waiting<R> {
  readonly resolve: (result: IteratorResult<R>) => void
  readonly reject: (reason: unknown) => void
}

type Source<T> = Iterator<T> | AsyncIterator<T>

/**
 * Checks the options of `map`.
 *
 * @returns what concerns the iteration, and what concerns each task
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function splitMapOptions(options: MapOptions, parallelism: number) {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', 'an object', options)
  const { concurrency, ordered = true, ...run } = options
  checkBoolean('ordered', ordered)
  const limit = checkInteger('concurrency', concurrency ?? Math.max(16, 4 * parallelism), 1, Number.MAX_SAFE_INTEGER)
  // For its errors: they belong to this call, not to the first task.
  const { id } = packOptions(run)
  if (id !== undefined) throw invalidOption('id', 'left out of a map, whose tasks are many', id)
  return { limit, ordered, run }
}

/**
 * Maps items over a pool.
 *
 * @param parallelism tasks that its workers can run at a time
 * @param run submits a task
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function mapItems<R>(
  items: Iterable<any> | AsyncIterable<any>,
  options: MapOptions,
  parallelism: number,
  run: (item: any, options: RunOptions) => Promise<R>,
): TaskIterator<R> {
  const { limit, ordered, run: each } = splitMapOptions(options, parallelism)
  const submit = (item: unknown, signal: AbortSignal) => run(item, { ...each, signal })
  return new TaskMap(openSource(items), submit, limit, ordered, each.signal)
}

/** The source of items as an iterator. */
export function openSource<T>(items: Iterable<T> | AsyncIterable<T>): Source<T> {
  const iterable = items as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined
  const source = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.()
  if (source === undefined) throw invalidOption('items', 'an iterable or async iterable', items)
  return source
}

/**
 * Maps a source of items over the pool. It pulls an item only while fewer than `limit` results are in flight or
 * waiting to be handed out, and nothing at all before the first `next()`.
 */
export class TaskMap<T, R> implements TaskIterator<R> {
  readonly #source: Source<T>
  readonly #run: (item: T, signal: AbortSignal) => Promise<R>
  readonly #limit: number
  readonly #ordered: boolean
  readonly #outer: AbortSignal | undefined
  /** Aborts what is in flight. */
  readonly #abort = new AbortController()
  readonly #forward = (): void => this.#abort.abort(this.#outer!.reason)
  /** Ordered: from submission on. Otherwise: from settlement on. */
  readonly #slots: Slot[] = []
  readonly #waiting: Waiting<R>[] = []
  /** Results in flight or not handed out. */
  #outstanding = 0
  #begun = false
  #pulling = false
  #exhausted = false
  #ended = false

  constructor(
    source: Source<T>,
    run: (item: T, signal: AbortSignal) => Promise<R>,
    limit: number,
    ordered: boolean,
    signal: AbortSignal | undefined,
  ) {
    this.#source = source
    this.#run = run
    this.#limit = limit
    this.#ordered = ordered
    this.#outer = signal
    // Every task in flight listens: as many as there may be are no leak.
    setMaxListeners(0, this.#abort.signal)
  }

  next(): Promise<IteratorResult<R>> {
    if (!this.#begun) this.#begin()
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#advance()
    })
  }

  async return(value?: unknown): Promise<IteratorResult<R>> {
    await this.#end()
    return { done: true, value }
  }

  async throw(reason?: unknown): Promise<IteratorResult<R>> {
    await this.#end()
    throw reason
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [asyncDispose](): Promise<void> {
    await this.#end()
  }

  #begin(): void {
    this.#begun = true
    if (this.#outer?.aborted === true) this.#forward()
    else this.#outer?.addEventListener('abort', this.#forward, { once: true })
  }

  /** Hands out what is there, then pulls what there is room for. */
  #advance(): void {
    this.#serve()
    while (!this.#ended && !this.#exhausted && !this.#pulling && this.#outstanding < this.#limit) this.#pull()
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const slot = this.#slots[0]
      if (slot?.settled === true) {
        this.#slots.shift()
        this.#outstanding--
        const { resolve, reject } = this.#waiting.shift()!
        if (!slot.failed) {
          resolve({ done: false, value: slot.value as R })
          continue
        }
        reject(slot.value)
        // The error of the task is the one to report; that of a source which cannot be closed either is not.
        this.#end().catch(() => {})
      } else if (this.#ended || (this.#exhausted && this.#outstanding === 0)) {
        this.#waiting.shift()!.resolve({ done: true, value: undefined })
        this.#outer?.removeEventListener('abort', this.#forward)
      } else {
        return
      }
    }
  }

  #pull(): void {
    let step: IteratorResult<T> | Promise<IteratorResult<T>>
    try {
      step = this.#source.next()
    } catch (error) {
      this.#sourceFailed(error)
      return
    }
    if (!('then' in step)) {
      this.#take(step)
      return
    }
    this.#pulling = true
    step.then(
      (result) => {
        this.#pulling = false
        this.#take(result)
        this.#advance()
      },
      (error: unknown) => {
        this.#pulling = false
        this.#sourceFailed(error)
      },
    )
  }

  #take(step: IteratorResult<T>): void {
    if (this.#ended) return
    if (step.done === true) {
      this.#exhausted = true
      this.#serve()
      return
    }
    const slot = this.#open()
    this.#run(step.value, this.#abort.signal).then(
      (value) => this.#settle(slot, false, value),
      (reason: unknown) => this.#settle(slot, true, reason),
    )
  }

  #open(): Slot {
    const slot: Slot = { settled: false, failed: false, value: undefined }
    this.#outstanding++
    if (this.#ordered) this.#slots.push(slot)
    return slot
  }

  #settle(slot: Slot, failed: boolean, value: unknown): void {
    slot.settled = true
    slot.failed = failed
    slot.value = value
    if (!this.#ordered) this.#slots.push(slot)
    this.#advance()
  }

  /** Reported in its turn, after the results of the items before. */
  #sourceFailed(error: unknown): void {
    this.#exhausted = true
    this.#settle(this.#open(), true, error)
  }

  async #end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    this.#outer?.removeEventListener('abort', this.#forward)
    this.#slots.length = 0
    this.#abort.abort()
    this.#serve()
    if (!this.#exhausted) await this.#source.return?.()
  }
}
