import { bytesOf, encode, encodeLarge, tagOfBytes } from '../codec/index.js'
import type { NativePool } from '../native/index.js'
import { appendMentions, beginMentions, mentions, putMentions, withoutMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { appendCarrier } from '../tracing/carrier.js'
import type { Liveness } from './liveness.js'
import { type PendingTasks, Rejection, type Settle } from './pending.js'
import { align, MAX_STAGED, MENTIONS_SHIFT, STAGING_HEADER } from './record.js'
import { type StreamCall, writeStreamCall } from './stream-call.js'
import type { NextTask, WaitingRoom, WaitingTask } from './waiting-room.js'

/** Executor for every promise made here. One shared function and a variable instead of a closure a task. */
let capturedResolve: Settle
function capture(resolve: Settle): void {
  capturedResolve = resolve
}

/** Bytes from which on a task may have to wait for shared memory. */
const LARGE = 512 * 1024

/** `then` on this costs a fraction of `queueMicrotask`, which makes an async resource each time. */
const settled = Promise.resolve()

/**
 * The way of tasks to the driver: records go into the staging buffer, which is flushed once per microtask
 * checkpoint, or when it is full.
 */
export class Submission {
  readonly #native: NativePool
  readonly #flushNative: (length: number) => void
  readonly #pending: PendingTasks
  readonly #bytes: Buffer
  readonly #words: Int32Array
  readonly #liveness: Liveness
  readonly #segments: SegmentTable
  readonly #timeoutError: (limit: number, functionId: number) => Error
  /** Ticket of the task just submitted, for those few callers that go on to need it. */
  lastTicket = 0
  /** End of what is staged. */
  #length = 0
  /** True while a value is encoded into the staging buffer: a getter in it may submit a task of its own. */
  #encoding = false
  /** Tasks of this thread that may be with the driver; more wait in the room. */
  limit = Infinity
  /** Tasks that the driver never had: who waited was told so here. */
  readonly unseen = { cancelled: 0, timedOut: 0 }
  /** Called after such a task has been rejected. */
  onUnseen: () => void = () => {}
  /** Called before a task of so many bytes, which are many, goes to the driver. */
  onLarge: (length: number) => void = () => {}
  #room: WaitingRoom | undefined
  readonly #flushLater = (): void => this.flush()

  /**
   * @param timeoutError for a task that has waited there for too long
   */
  constructor(
    native: NativePool,
    pending: PendingTasks,
    liveness: Liveness,
    segments: SegmentTable,
    timeoutError: (limit: number, functionId: number) => Error,
  ) {
    this.#timeoutError = timeoutError
    this.#segments = segments
    this.#native = native
    this.#flushNative = native.makeFlush()
    this.#liveness = liveness
    this.#pending = pending
    this.#bytes = Buffer.from(native.staging)
    this.#words = new Int32Array(native.staging)
  }

  /** Where tasks beyond the limit wait; without one there is no limit. Those in the one before go to the driver. */
  setRoom(room: WaitingRoom | undefined): void {
    this.letIn(true)
    this.flush()
    this.#room = room
    if (room !== undefined) room.onTimeout = (task, limit) => this.#timeOut(task, limit)
  }

  get room(): WaitingRoom | undefined {
    return this.#room
  }

  /**
   * Submits a task.
   *
   * @param word priority and retries, packed
   * @param timeout milliseconds, 0 = none
   * @param queueTimeout milliseconds, 0 = that of the pool
   * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
   */
  submit(task: unknown, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any> {
    if (this.#pending.size >= this.limit) return this.#keepBack(task, functionId, word, timeout, queueTimeout)
    const end = this.#encoding ? -1 : this.#encode(task)
    if (end < 0) return this.#submitLarge(task, functionId, word, timeout, queueTimeout)
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    const options = word | (mentions().length << MENTIONS_SHIFT)
    this.#seal(ticket, functionId, options, timeout, queueTimeout, end - this.#length - STAGING_HEADER)
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
    queueTimeout: number,
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
      this.#native.submitStream(ticket, functionId, options, timeout, queueTimeout, call.credit, payload)
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
    queueTimeout: number,
  ): Promise<any> {
    this.flush()
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    const options = word | (mentioned << MENTIONS_SHIFT)
    this.#native.submitLarge(ticket, functionId, options, timeout, queueTimeout, payload)
    return promise
  }

  /**
   * As {@link submit}, for a task with which the context of a trace goes.
   *
   * @throws ERR_HATCHERY_DATA_CLONE; nothing was submitted then
   */
  submitTraced(
    task: unknown,
    carrier: Uint8Array,
    functionId: number,
    word: number,
    timeout: number,
    queueTimeout: number,
  ): Promise<any> {
    return withoutMentions(() => {
      const isLate = this.#pending.size >= this.limit
      beginMentions(this.#segments)
      const payload = appendMentions(appendCarrier(encodeLarge(task), carrier))
      const segments = mentions()
      const promise = new Promise<any>(capture)
      const ticket = this.#add(functionId)
      const options = word | (segments.length << MENTIONS_SHIFT)
      const encoded = { ticket, functionId, word: options, timeout, queueTimeout, payload, segments: [...segments] }
      if (isLate) this.#makeWait(encoded)
      else this.#stageEncoded(encoded, queueTimeout)
      return promise
    })
  }

  /** A value is being encoded: a getter of it may lead here. */
  get isEncoding(): boolean {
    return this.#encoding
  }

  /** Nothing is staged: the next task begins a batch. */
  get isEmpty(): boolean {
    return this.#length === 0
  }

  /** Hands over what is staged; later, if it is a getter of a value being staged that asks for it. */
  flush(): void {
    if (!this.#encoding) this.#handOver()
  }

  /** Forgets what is staged, or waits. */
  discard(): void {
    this.#length = 0
    for (const task of this.#room?.clear() ?? []) this.#letGo(task)
  }

  /** Tasks that the driver does not have yet, for want of room. */
  get keptBack(): number {
    return this.#room?.size ?? 0
  }

  /** … by priority, the highest first. */
  get keptBackBy(): readonly [high: number, normal: number, low: number] {
    return this.#room?.sizes ?? [0, 0, 0]
  }

  /** Takes back a task that the driver does not have yet. False: it has it. */
  withdraw(ticket: number): boolean {
    const task = this.#room?.leave(ticket)
    if (task === undefined) return false
    this.#letGo(task)
    return true
  }

  /** Rejects a task that the driver never had, unless it has settled with all others meanwhile. */
  rejectUnseen(ticket: number, kind: 'cancelled' | 'timedOut', reason: unknown): void {
    if (!this.#pending.has(ticket)) return
    this.unseen[kind]++
    this.#pending.reject(ticket, reason)
    this.onUnseen()
  }

  /** Tasks have settled: hands over those that there is room for now; `all`: whether there is or not. */
  letIn(all: boolean = false): void {
    const room = this.#room
    if (room === undefined) return
    while (room.size > 0 && (all || this.#pending.size - room.size < this.limit)) this.#letInOne(room.next()!)
  }

  #letInOne({ task, limit, queueTimeout }: NextTask): void {
    if (limit !== undefined) this.#pending.setQueueTimeout(task.ticket, limit)
    this.#stageEncoded(task, queueTimeout)
    if (task.segments.length === 0) return
    // From then on the driver holds them for the task.
    this.flush()
    this.#letGo(task)
  }

  #letGo({ segments }: WaitingTask): void {
    for (const number of segments) this.#native.letGoOfSegment(number)
  }

  #timeOut(task: WaitingTask, limit: number): void {
    this.#letGo(task)
    this.rejectUnseen(task.ticket, 'timedOut', this.#timeoutError(limit, task.functionId))
  }

  #keepBack(task: unknown, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any> {
    return withoutMentions(() => {
      beginMentions(this.#segments)
      const payload = appendMentions(encodeLarge(task))
      const segments = mentions()
      const promise = new Promise<any>(capture)
      const ticket = this.#add(functionId)
      const options = word | (segments.length << MENTIONS_SHIFT)
      this.#makeWait({ ticket, functionId, word: options, timeout, queueTimeout, payload, segments: [...segments] })
      return promise
    })
  }

  #makeWait(task: WaitingTask): void {
    // Whoever submits may let go of them at once, as with a task that the driver has.
    for (const number of task.segments) this.#native.holdSegment(number)
    this.#room!.enter(task)
  }

  #stageEncoded({ ticket, functionId, word, timeout, payload }: WaitingTask, queueTimeout: number): void {
    const size = STAGING_HEADER + payload.length
    if (this.#encoding || size > MAX_STAGED) {
      this.flush()
      return this.#native.submitLarge(ticket, functionId, word, timeout, queueTimeout, payload)
    }
    if (this.#length + size > this.#bytes.length) this.#handOver()
    this.#bytes.set(payload, this.#length + STAGING_HEADER)
    this.#seal(ticket, functionId, word, timeout, queueTimeout, payload.length)
  }

  /** The header of a record whose payload is there already. */
  #seal(ticket: number, functionId: number, word: number, timeout: number, queueTimeout: number, length: number): void {
    const start = this.#length
    const words = this.#words
    const at = start >> 2
    words[at] = ticket
    words[at + 1] = functionId
    words[at + 2] = word
    words[at + 3] = timeout
    words[at + 4] = length
    words[at + 5] = queueTimeout
    this.#length = align(start + STAGING_HEADER + length)
    if (start === 0) void settled.then(this.#flushLater)
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

  #submitLarge(task: unknown, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any> {
    if (this.#encoding) return withoutMentions(() => this.#submitApart(task, functionId, word, timeout, queueTimeout))
    return this.#submitApart(task, functionId, word, timeout, queueTimeout)
  }

  #submitApart(task: unknown, functionId: number, word: number, timeout: number, queueTimeout: number): Promise<any> {
    if (this.#encoding) beginMentions(this.#segments)
    const tag = mentions().length > 0 ? 0 : tagOfBytes(task)
    const payload = tag !== 0 ? bytesOf(task as ArrayBufferView) : appendMentions(encodeLarge(task))
    // Tasks run in the order of submission; while a getter runs us the record under way is not staged yet.
    this.flush()
    const promise = new Promise<any>(capture)
    const ticket = this.#add(functionId)
    // Nobody holds what is mentioned until the driver does; it must not be collected in between.
    if (payload.length > LARGE && !this.#encoding && mentions().length === 0) this.onLarge(payload.length)
    // Bytes are copied once, by the driver, and with their tag put in front there.
    if (tag !== 0) this.#native.submitBytes(ticket, functionId, word, timeout, queueTimeout, tag, payload)
    else {
      const options = word | (mentions().length << MENTIONS_SHIFT)
      this.#native.submitLarge(ticket, functionId, options, timeout, queueTimeout, payload)
    }
    return promise
  }

  #handOver(): void {
    const length = this.#length
    if (length === 0) return
    this.#length = 0
    this.#flushNative(length)
  }

  #add(functionId: number): number {
    const pending = this.#pending
    const ticket = pending.add(capturedResolve, functionId)
    if (pending.size === 1) this.#liveness.busy()
    this.lastTicket = ticket
    return ticket
  }
}
