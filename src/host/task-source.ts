import { AsyncLocalStorage } from 'node:async_hooks'
import { encodeError } from '../errors/index.js'
import { unwrapMoved } from '../segments/move.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { encodeItem, encodeWhole } from './stream-call.js'

/** What can be given to a task as a stream: an async iterable, such as a ReadableStream, or an iterator. */
export type StreamSource<Item = unknown> = AsyncIterable<Item> | IterableIterator<Item>

/** Parts of a stream, as `NativePool.forward` wants them. */
const ITEM = 0
const END = 1
const FAILURE = 2

const NOTHING = new Uint8Array(0)

/** Hands a part of a stream to the driver, with the number of segments that it mentions. False: it waits. */
export type Forward = (part: number, payload: Uint8Array, mentions: number) => boolean

/**
 * True for an argument that goes to its task as a stream: an async iterable, such as a ReadableStream, or an iterator,
 * such as a generator. Arrays, sets, maps and all else that can be iterated time and again are data.
 */
export function isSource(value: unknown): value is StreamSource {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = value as Record<symbol, unknown>
  if (typeof asynchronous === 'function') return true
  return typeof synchronous === 'function' && typeof (value as { next?: unknown }).next === 'function'
}

/** One stream among the arguments of a task. Items are taken from the source as the task asks for them. */
export class TaskSource {
  readonly #source: StreamSource
  readonly #window: number
  readonly #segments: SegmentTable
  /** Calls in the context of whoever has submitted the task: the source is asked from the driver's events. */
  readonly #within = AsyncLocalStorage.snapshot()
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined
  #forward: Forward = () => true
  /** Items that the task has asked for. */
  #wanted = 0
  /** An item has been asked for, or waits on its way. */
  #busy = false
  /** There are no more items, or nobody wants them. */
  #over = false

  constructor(source: StreamSource, window: number, segments: SegmentTable) {
    this.#source = source
    this.#window = window
    this.#segments = segments
  }

  /** From now on `forward` reaches the task, until {@link close}. */
  connect(forward: Forward): void {
    this.#forward = forward
  }

  /** The task wants `count` items more; 0: none any more. Never more than a window: an honest worker asks for less. */
  pulled(count: number): void {
    if (count === 0) {
      this.close()
      return
    }
    this.#wanted = Math.min(this.#wanted + count, this.#window)
    this.#advance()
  }

  /** What waited is on its way. */
  forwarded(): void {
    this.#busy = false
    this.#advance()
  }

  /** Nobody wants more. What the source says to that is its own affair. */
  close(): void {
    if (this.#over) return
    this.#over = true
    try {
      const settled: unknown = this.#within(() =>
        this.#iterator === undefined ? this.#closeUnopened() : this.#iterator.return?.(),
      )
      Promise.resolve(settled).catch(() => {})
    } catch {}
  }

  /** A stream of Node that was never read from does not end by what it is iterated with. */
  #closeUnopened(): unknown {
    const { destroy } = this.#source as { destroy?: unknown }
    if (typeof destroy === 'function') return destroy.call(this.#source)
    return open(this.#source).return?.()
  }

  #advance(): void {
    while (this.#wanted > 0 && !this.#busy && !this.#over) this.#step()
  }

  #step(): void {
    this.#busy = true
    // The source is the user's: whatever it does, such as giving no result at all, is a failure of the stream alone.
    try {
      const step: unknown = this.#within(() => {
        this.#iterator ??= open(this.#source)
        return this.#iterator.next()
      })
      if (isThenable(step)) void this.#await(step)
      else this.#take(step as IteratorResult<unknown>)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #await(step: PromiseLike<unknown>): Promise<void> {
    try {
      this.#take((await step) as IteratorResult<unknown>)
    } catch (error) {
      this.#fail(error)
    }
    this.#advance()
  }

  #take(step: IteratorResult<unknown>): void {
    if (this.#over) return
    const { done, value } = step
    if (done === true) {
      this.#over = true
      this.#forward(END, NOTHING, 0)
    } else if (isThenable(value)) {
      // As `for await` does with what a synchronous generator yields.
      void this.#await(value.then((item) => ({ done: false, value: item })))
    } else {
      this.#send(value)
    }
  }

  #send(item: unknown): void {
    let sent: boolean
    try {
      const moved: ArrayBuffer[] = []
      const [payload, mentions] = encodeItem(unwrapMoved(item, moved), this.#segments)
      sent = this.#forward(ITEM, payload, mentions)
      moved.forEach(detachBuffer)
    } catch (error) {
      // The item cannot be cloned, or there is no memory for it: the source has not failed, and is told to end.
      this.close()
      this.#forward(FAILURE, encodeWhole(encodeError(error)), 0)
      return
    }
    this.#wanted--
    this.#busy = !sent
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#forward(FAILURE, encodeWhole(encodeError(error)), 0)
  }
}

function open(source: StreamSource): AsyncIterator<unknown> | Iterator<unknown> {
  const { [Symbol.asyncIterator]: asynchronous } = source as Partial<AsyncIterable<unknown>>
  return asynchronous === undefined
    ? (source as Iterable<unknown>)[Symbol.iterator]()
    : asynchronous.call(source as AsyncIterable<unknown>)
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
