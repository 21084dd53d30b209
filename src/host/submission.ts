import { bytesOf, encode, encodeLarge, tagOfBytes } from '../codec/index.js'
import type { NativePool } from '../native/index.js'
import { appendMentions, beginMentions, mentions, putMentions, withoutMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import type { Liveness } from './liveness.js'
import { type PendingTasks, Rejection, type Settle } from './pending.js'
import { align, MAX_STAGED, MENTIONS_SHIFT, STAGING_HEADER } from './record.js'
import { type StreamCall, writeStreamCall } from './stream-call.js'

/** Executor for every promise made here. One shared function and a variable instead of a closure a task. */
let capturedResolve: Settle
function capture(resolve: Settle): void {
  capturedResolve = resolve
}

/** `then` on this costs a fraction of `queueMicrotask`, which makes an async resource each time. */
const settled = Promise.resolve()

/**
 * The way of tasks to the driver: records go into the staging buffer, which is flushed once per microtask
 * checkpoint, or when it is full.
 */
export class Submission {
  readonly #native: NativePool
  readonly #pending: PendingTasks
  readonly #bytes: Buffer
  readonly #words: Int32Array
  readonly #liveness: Liveness
  readonly #segments: SegmentTable
  /** Ticket of the task just submitted, for those few callers that go on to need it. */
  lastTicket = 0
  /** End of what is staged. */
  #length = 0
  /** True while a value is encoded into the staging buffer: a getter in it may submit a task of its own. */
  #encoding = false
  readonly #flushLater = (): void => this.flush()

  constructor(native: NativePool, pending: PendingTasks, liveness: Liveness, segments: SegmentTable) {
    this.#segments = segments
    this.#native = native
    this.#liveness = liveness
    this.#pending = pending
    this.#bytes = Buffer.from(native.staging)
    this.#words = new Int32Array(native.staging)
  }

  /**
   * Submits a task.
   *
   * @param word priority and retries, packed
   * @param timeout milliseconds, 0 = none
   * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
   */
  submit(task: unknown, functionId: number, word: number, timeout: number): Promise<any> {
    const end = this.#encoding ? -1 : this.#encode(task)
    if (end < 0) return this.#submitLarge(task, functionId, word, timeout)
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    const start = this.#length
    const words = this.#words
    const at = start >> 2
    words[at] = ticket
    words[at + 1] = functionId
    words[at + 2] = word | (mentions().length << MENTIONS_SHIFT)
    words[at + 3] = timeout
    words[at + 4] = end - start - STAGING_HEADER
    words[at + 5] = 0
    this.#length = align(end)
    if (start === 0) void settled.then(this.#flushLater)
    return promise
  }

  /**
   * Submits a task with streams. `resolve` or `reject` is called while its end is read, not some time after: from then
   * on its ticket is another's.
   *
   * @returns its ticket
   * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
   */
  submitStream(
    call: StreamCall,
    functionId: number,
    word: number,
    timeout: number,
    resolve: Settle,
    reject: Settle,
  ): number {
    return withoutMentions(() => {
      beginMentions(this.#segments)
      const payload = writeStreamCall(call)
      if (!this.#encoding) this.flush()
      const settle = (outcome: unknown) => (outcome instanceof Rejection ? reject(outcome.reason) : resolve(outcome))
      const ticket = this.#pending.add(settle, functionId)
      if (this.#pending.size === 1) this.#liveness.busy()
      const options = word | (mentions().length << MENTIONS_SHIFT)
      this.#native.submitStream(ticket, functionId, options, timeout, call.credit, payload)
      return ticket
    })
  }

  /** Submits a task that is encoded: a message, and behind it the numbers of as many segments as it mentions. */
  submitEncoded(
    payload: Uint8Array,
    mentioned: number,
    functionId: number,
    word: number,
    timeout: number,
  ): Promise<any> {
    this.flush()
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    this.#native.submitLarge(ticket, functionId, word | (mentioned << MENTIONS_SHIFT), timeout, payload)
    return promise
  }

  /** Hands over what is staged; later, if it is a getter of a value being staged that asks for it. */
  flush(): void {
    if (!this.#encoding) this.#handOver()
  }

  /** Forgets what is staged. */
  discard(): void {
    this.#length = 0
  }

  /** Encodes behind the staged records, after a flush if need be. Returns the end, or -1 for a large value. */
  #encode(task: unknown): number {
    this.#encoding = true
    beginMentions(this.#segments)
    try {
      const end = this.#encodeAt(task, this.#length + STAGING_HEADER)
      if (end >= 0 || this.#length === 0) return end
      this.#handOver()
      return this.#encodeAt(task, STAGING_HEADER)
    } finally {
      this.#encoding = false
    }
  }

  #encodeAt(task: unknown, start: number): number {
    const limit = Math.min(start + MAX_STAGED, this.#bytes.length)
    const end = encode(task, this.#bytes, start, limit)
    return end >= 0 && mentions().length > 0 ? putMentions(this.#bytes, end, limit) : end
  }

  #submitLarge(task: unknown, functionId: number, word: number, timeout: number): Promise<any> {
    if (this.#encoding) return withoutMentions(() => this.#submitApart(task, functionId, word, timeout))
    return this.#submitApart(task, functionId, word, timeout)
  }

  #submitApart(task: unknown, functionId: number, word: number, timeout: number): Promise<any> {
    if (this.#encoding) beginMentions(this.#segments)
    const tag = mentions().length > 0 ? 0 : tagOfBytes(task)
    const payload = tag !== 0 ? bytesOf(task as ArrayBufferView) : appendMentions(encodeLarge(task))
    // Tasks run in the order of submission; while a getter runs us the record under way is not staged yet.
    this.flush()
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    // Bytes are copied once, by the driver, and with their tag put in front there.
    if (tag !== 0) this.#native.submitBytes(ticket, functionId, word, timeout, tag, payload)
    else this.#native.submitLarge(ticket, functionId, word | (mentions().length << MENTIONS_SHIFT), timeout, payload)
    return promise
  }

  #handOver(): void {
    const length = this.#length
    if (length === 0) return
    this.#length = 0
    this.#native.flush(length)
  }

  #add(functionId: number): number {
    const pending = this.#pending
    const ticket = pending.add(capturedResolve, functionId)
    if (pending.size === 1) this.#liveness.busy()
    this.lastTicket = ticket
    return ticket
  }
}
