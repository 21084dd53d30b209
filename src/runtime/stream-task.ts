import { setImmediate as turnOfLoop } from 'node:timers/promises'
import { decode } from '../codec/index.js'
import { decodeError, ERROR_CODES, HatcheryError } from '../errors/index.js'
import { COMPLETION_ITEM } from '../lane/layout.js'
import { unwrapMoved } from '../segments/move.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import type { CompletionWriter } from './completion-writer.js'
import type { TaskFunction } from './modules.js'
import type { StreamCall } from './stream-call.js'
import { TaskInput } from './task-input.js'
import { YieldClock } from './yield-clock.js'

/** What the host says of the streams of a task. The numbers are those of `onControl`. */
export const CREDIT = 5
export const CHUNK_ITEM = 6
export const CHUNK_END = 7
export const CHUNK_FAILURE = 8

/** What a streaming task needs of the loop that runs it. */
export interface StreamSurroundings {
  readonly index: number
  readonly generation: number
  readonly writer: CompletionWriter
  /** An item of a stream that it was given, which mentions so many segments. */
  readonly read: (payload: ArrayBuffer, mentions: number) => unknown
  /** Calls with the task's context. */
  readonly within: <T>(call: () => T) => T
  /** Wakes the host, once the microtasks are done. */
  readonly settleLater: () => void
}

/** A task whose result is a stream, or that was given streams. */
export class StreamTask {
  readonly #surroundings: StreamSurroundings
  readonly #parameters: unknown[]
  readonly #streams: boolean
  readonly #inputs = new Map<number, TaskInput>()
  readonly #clock = new YieldClock()
  #credit: number
  #iterator: AsyncIterator<unknown> | Iterator<unknown> | undefined
  /** Goes on where it waits for credit. */
  #resume: (() => void) | undefined
  /** Settles once the iterator has been closed early. */
  #closing: Promise<void> | undefined
  #cancelled = false
  /** Settles when the iterator has been closed because the task was cancelled, whatever its `next()` waits for. */
  readonly #left: Promise<void>
  #leave!: () => void

  constructor(call: StreamCall, surroundings: StreamSurroundings) {
    const { index, generation, writer } = surroundings
    this.#surroundings = surroundings
    this.#parameters = call.parameters
    this.#credit = call.credit
    this.#streams = call.credit > 0
    this.#left = new Promise((resolve) => {
      this.#leave = resolve
    })
    for (const position of call.inputs) {
      const input = new TaskInput(call.window, (count) => writer.writePull(index, generation, position, count))
      this.#inputs.set(position, input)
      this.#parameters[position] = input
    }
  }

  /**
   * Runs the task to its end.
   *
   * @returns what it returns; for a generator, what that returns
   */
  async run(call: TaskFunction): Promise<unknown> {
    try {
      const result = await call(...this.#parameters)
      return this.#streams ? await Promise.race([this.#send(result), this.#left]) : result
    } finally {
      // What the task leaves running behind its end waits for nothing.
      for (const input of this.#inputs.values()) input.end()
    }
  }

  /** The host does not want the task any more: its generator returns, so that `finally` blocks run. */
  cancel(reason: unknown): void {
    this.#cancelled = true
    for (const input of this.#inputs.values()) input.fail(reason)
    if (this.#iterator !== undefined) void this.#close(this.#iterator).then(this.#leave)
    this.#wake()
  }

  /** Takes what the host says. False: it has no use for that. */
  hear(kind: number, number: number, payload: ArrayBuffer | undefined, mentions: number): boolean {
    if (kind === CREDIT) {
      this.#credit += number
      this.#wake()
      return true
    }
    const input = this.#inputs.get(number)
    if (input === undefined || (kind === CHUNK_ITEM && input.isOver)) return false
    if (kind === CHUNK_END) input.end()
    else if (kind === CHUNK_ITEM) this.#takeItem(input, payload!, mentions)
    else if (kind === CHUNK_FAILURE) input.fail(decodeError(decode(new Uint8Array(payload!), 0, payload!.byteLength)))
    return true
  }

  #takeItem(input: TaskInput, payload: ArrayBuffer, mentions: number): void {
    try {
      input.push(this.#surroundings.read(payload, mentions))
    } catch (error) {
      // Such as no memory left to map a segment.
      input.abandon(error)
    }
  }

  async #send(result: unknown): Promise<unknown> {
    const { index, generation, writer, settleLater } = this.#surroundings
    const iterator = openResult(result)
    this.#iterator = iterator
    for (;;) {
      if (this.#credit === 0 && !this.#cancelled) await this.#moreCredit()
      if (this.#cancelled) return this.#close(iterator)
      let step = iterator.next() as IteratorResult<unknown> | Promise<IteratorResult<unknown>>
      if (isThenable(step)) step = await step
      if (typeof step !== 'object' || step === null) throw new TypeError(`Iterator result ${step} is not an object`)
      const { done } = step
      let { value } = step
      // As `for await` does with what a synchronous generator yields.
      if (isThenable(value)) value = await value
      if (done === true) return value
      if (this.#cancelled) return this.#close(iterator)
      this.#credit--
      try {
        const moved: ArrayBuffer[] = []
        writer.write(COMPLETION_ITEM, index, generation, unwrapMoved(value, moved))
        moved.forEach(detachBuffer)
      } catch (error) {
        // The item cannot be cloned.
        await this.#close(iterator)
        throw error
      }
      settleLater()
      if (this.#clock.isDue() && this.#clock.isTimeUp(this.#clock.look())) {
        // A generator that never waits would keep the host's word, such as that it is enough, from coming in.
        await turnOfLoop()
        this.#clock.restart()
      }
    }
  }

  #moreCredit(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  #wake(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }

  /** Closes the iterator early, once. What it throws then nobody wants to hear of. */
  #close(iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
    this.#closing ??= this.#surroundings.within(async () => {
      try {
        await iterator.return?.()
      } catch {}
    })
    return this.#closing
  }
}

function openResult(result: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof result === 'object' && result !== null) {
    const iterable = result as Partial<AsyncIterable<unknown> & Iterable<unknown>>
    if (typeof iterable[Symbol.asyncIterator] === 'function') return iterable[Symbol.asyncIterator]!()
    if (typeof iterable[Symbol.iterator] === 'function') return iterable[Symbol.iterator]!()
  }
  throw new HatcheryError(
    ERROR_CODES.NOT_ITERABLE,
    `The task was called by \`stream\` and returned ${result === null ? 'null' : typeof result}, which cannot be iterated. ` +
      'Let it be a generator, or call it by `run`.',
  )
}

function isThenable(value: unknown): value is PromiseLike<any> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
