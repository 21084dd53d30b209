import { beforeReceiving, decode, decodeOwned } from '../codec/index.js'
import { decodeError, ERROR_CODES } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import { readMentioning, takeMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { ABORTED, CALLED_OFF, type Failure, failureToError, queueTimeoutError } from './failure.js'
import type { FunctionTable } from './functions.js'
import type { PendingTasks } from './pending.js'
import {
  align,
  EVENT_BEGUN,
  EVENT_COMPLETED,
  EVENT_FAILED,
  EVENT_FORWARDED,
  EVENT_HEADER,
  EVENT_ITEM,
  EVENT_POOL,
  EVENT_PROGRESS,
  EVENT_PULLED,
  EVENT_RETRIED,
  EVENT_SETTLED,
  EVENT_UNDECIDED,
  KIND_MASK,
  MENTIONS_SHIFT,
} from './record.js'

/** An event about the pool and not about a task. */
export interface PoolEventRecord extends Failure {
  readonly type: string
}

/** Reads batches of event records and settles the tasks they speak of. */
export class Settlement {
  readonly #bytes: readonly [Buffer, Buffer]
  readonly #words: readonly [Int32Array, Int32Array]
  readonly #pending: PendingTasks
  readonly #functions: FunctionTable
  readonly #segments: SegmentTable
  readonly #onPoolEvent: (event: PoolEventRecord) => void
  readonly #onUndecided: (question: Uint8Array) => void

  constructor(
    native: NativePool,
    pending: PendingTasks,
    functions: FunctionTable,
    segments: SegmentTable,
    onPoolEvent: (event: PoolEventRecord) => void,
    onUndecided: (question: Uint8Array) => void,
  ) {
    const [first, second] = native.events
    this.#bytes = [Buffer.from(first), Buffer.from(second)]
    this.#words = [new Int32Array(first), new Int32Array(second)]
    this.#pending = pending
    this.#functions = functions
    this.#segments = segments
    this.#onPoolEvent = onPoolEvent
    this.#onUndecided = onUndecided
  }

  /** Works off one batch. Promises are settled here; what waits for them runs after the whole batch. */
  readBatch(buffer: 0 | 1, length: number, large: readonly Uint8Array[] | undefined): void {
    const words = this.#words[buffer]
    const bytes = this.#bytes[buffer]
    let offset = 0
    while (offset < length) {
      const at = offset >> 2
      const kind = words[at]!
      const ticket = words[at + 1]!
      const size = words[at + 2]!
      const largeIndex = words[at + 3]!
      const start = offset + EVENT_HEADER
      // A large payload lies in a buffer of its own and takes no room here.
      offset = largeIndex === 0 ? align(start + size) : start
      const apart = largeIndex === 0 ? undefined : large![largeIndex - 1]
      if (kind > KIND_MASK) this.#mentioning(kind, ticket, apart ?? bytes.subarray(start, start + size))
      else if (kind === EVENT_COMPLETED) this.#complete(ticket, bytes, start, size, apart)
      else this.#other(kind, ticket, apart ?? bytes.subarray(start, start + size), apart !== undefined)
    }
  }

  #complete(ticket: number, bytes: Buffer, start: number, size: number, apart: Uint8Array | undefined): void {
    if (!this.#pending.has(ticket)) return
    let value: unknown
    try {
      if (apart === undefined) value = decode(bytes, start, size)
      else {
        beforeReceiving(size)
        value = decodeOwned(apart)
      }
    } catch (error) {
      this.#pending.reject(ticket, error)
      return
    }
    this.#pending.resolve(ticket, value)
  }

  /** A record whose payload mentions segments. */
  #mentioning(word: number, ticket: number, payload: Uint8Array): void {
    const count = word >>> MENTIONS_SHIFT
    const numbers = takeMentions(payload, payload.length, count)
    const message = payload.subarray(0, payload.length - 4 * count)
    const kind = word & KIND_MASK
    readMentioning(this.#segments, numbers, () => {
      if (kind === EVENT_COMPLETED) this.#complete(ticket, payload as Buffer, 0, message.length, undefined)
      else this.#other(kind, ticket, message, false)
    })
  }

  #other(kind: number, ticket: number, payload: Uint8Array, owned: boolean): void {
    if (kind === EVENT_POOL) {
      this.#onPoolEvent(parse(payload) as PoolEventRecord)
      return
    }
    if (kind === EVENT_UNDECIDED) {
      // After this batch, whose buffer is another's then.
      const question = Uint8Array.from(payload)
      queueMicrotask(() => this.#onUndecided(question))
      return
    }
    // After destroy() the driver may still settle tasks that were rejected here already.
    if (!this.#pending.has(ticket)) return
    if (kind === EVENT_PROGRESS) this.#progress(ticket, payload)
    else if (kind === EVENT_FAILED) this.#pending.reject(ticket, thrownValue(payload))
    else if (kind === EVENT_SETTLED) this.#settled(ticket, parse(payload))
    else if (kind === EVENT_BEGUN) this.#pending.extrasOf(ticket)?.observed?.begun(payload)
    else if (kind === EVENT_RETRIED) this.#pending.extrasOf(ticket)?.observed?.retried(parse(payload))
    else this.#stream(kind, ticket, payload, owned)
  }

  /** Something about the streams of a task. A worker may say it of a task that has none. */
  #stream(kind: number, ticket: number, payload: Uint8Array, owned: boolean): void {
    const stream = this.#pending.extrasOf(ticket)?.stream
    if (stream === undefined) return
    if (kind === EVENT_ITEM) {
      let item: unknown
      try {
        item = owned ? decodeOwned(payload) : decode(payload, 0, payload.length)
      } catch (error) {
        stream.damaged(error)
        return
      }
      stream.item(item)
      return
    }
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
    if (kind === EVENT_PULLED) stream.pulled(view.getUint32(0, true), view.getUint32(4, true))
    else if (kind === EVENT_FORWARDED) stream.forwarded(view.getUint32(0, true))
  }

  #settled(ticket: number, failure: Failure): void {
    // The pool event "failed" follows; it has the cause, and rejects all that is still pending.
    if (failure.code === ERROR_CODES.POOL_FAILED) return
    this.#pending.reject(ticket, this.#failure(ticket, failure))
  }

  #failure(ticket: number, failure: Failure): Error {
    const taskName = this.#functions.nameOf(this.#pending.functionOf(ticket))
    if (failure.code === ERROR_CODES.TASK_CANCELLED) {
      const extras = this.#pending.extrasOf(ticket)
      if (extras?.cancelled !== undefined) {
        return failureToError({ ...failure, message: CALLED_OFF }, { taskName, cause: extras.cancelled.reason })
      }
      if (extras?.signal?.aborted === true) {
        return failureToError({ ...failure, message: ABORTED }, { taskName, cause: extras.signal.reason })
      }
    }
    if (failure.code === ERROR_CODES.QUEUE_TIMEOUT) {
      const limit = this.#pending.extrasOf(ticket)?.queueTimeout
      if (limit !== undefined) return queueTimeoutError(limit, taskName)
    }
    return failureToError(failure, { taskName }, (id) => this.#functions.nameOf(id))
  }

  #progress(ticket: number, payload: Uint8Array): void {
    const onProgress = this.#pending.extrasOf(ticket)?.onProgress
    if (onProgress === undefined) return
    let value: unknown
    try {
      value = decode(payload, 0, payload.length)
    } catch {
      // Damaged progress is no reason to give up the task; a damaged result is.
      return
    }
    // After this batch, yet before whoever waits for a result in it: user code never runs inside the driver's call.
    queueMicrotask(() => onProgress(value))
  }
}

/** A failure or event, which is JSON. */
export function parse(payload: Uint8Array): Failure {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString()) as Failure
}

/** What a task threw; for a message that cannot be read, why not. */
export function thrownValue(payload: Uint8Array): unknown {
  try {
    return decodeError(decode(payload, 0, payload.length))
  } catch (error) {
    return error
  }
}
