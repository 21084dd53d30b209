import type { Channel } from 'node:diagnostics_channel'
import { hrtime } from 'node:process'
import { ERROR_CODES } from '../../errors/index.js'
import type { Failure } from '../failure.js'
import type { Pool } from '../pool.js'
import { PRIORITIES, type Priority } from '../run-options.js'
import { taskCancelled, taskCompleted, taskFailed, taskQueued, taskRetried, taskRunning } from './channels.js'
import type { TaskMessage, TaskRetry } from './messages.js'
import type { ProducerSpan } from './producer-span.js'

/** What is known of a task as it is submitted. */
export interface Call {
  readonly call: TaskMessage['call']
  readonly name: string
  readonly filename: string | URL | undefined
  readonly id: string | undefined
  /** Options of the task, packed: its priority is in there. */
  readonly word: number
}

/** From CLOCK_MONOTONIC, of which workers speak, to `performance.now()`. */
const CLOCK_OFFSET = performance.now() - Number(hrtime.bigint()) / 1e6

const PRIORITY_MASK = 3

/** The one message of a task, which is filled in as things happen. */
class Message implements TaskMessage {
  readonly pool: Pool
  readonly call: TaskMessage['call']
  readonly name: string
  readonly filename: string | URL | undefined
  readonly id: string | undefined
  readonly priority: Priority
  readonly submittedAt = performance.now()
  taskId: string | undefined
  attempt = 0
  workerId: number | undefined
  pid: number | undefined
  startedAt: number | undefined
  retry: TaskRetry | undefined
  settledAt: number | undefined
  declare result?: unknown
  declare error?: unknown

  constructor(pool: Pool, { call, name, filename, id, word }: Call) {
    this.pool = pool
    this.call = call
    this.name = name
    this.filename = filename
    this.id = id
    this.priority = PRIORITIES[word & PRIORITY_MASK]!
  }
}

/** A task of which somebody wants to know what becomes of it. */
export class ObservedTask {
  readonly #message: Message
  /** Its span, where an SDK is registered. */
  span: ProducerSpan | undefined

  constructor(pool: Pool, call: Call) {
    this.#message = new Message(pool, call)
  }

  get message(): TaskMessage {
    return this.#message
  }

  /** The context that goes with it to the worker. */
  get carrier(): Uint8Array | undefined {
    return this.span?.carrier
  }

  /** It is submitted. */
  queued(): void {
    taskQueued.publish(this.#message)
  }

  /** A worker has begun it; told within the driver's call, as {@link retried} is. */
  begun(report: Uint8Array): void {
    const view = new DataView(report.buffer, report.byteOffset, report.byteLength)
    const word = (at: number) => view.getUint32(at * 4, true)
    const [taskId, workerId, pid, attempt] = [`${word(0) | 0}.${word(1) | 0}`, word(2), word(3), word(4)]
    const at = view.getFloat64(24, true) + CLOCK_OFFSET
    this.#later(taskRunning, () => {
      const startedAt = Math.max(at, this.#message.submittedAt)
      Object.assign(this.#message, { taskId, workerId, pid, attempt, startedAt })
    })
  }

  /** An attempt has failed, and another one follows. */
  retried({ code, message, attempt, worker, pause }: Failure): void {
    this.#later(taskRetried, () => {
      this.#message.retry = {
        code: String(code),
        message: String(message),
        attempt: Number(attempt),
        workerId: typeof worker === 'number' ? worker : undefined,
        delay: Number(pause),
      }
      this.span?.retried(this.#message)
    })
  }

  completed(result: unknown): void {
    const message = this.#message
    message.settledAt = performance.now()
    message.result = result
    this.span?.end(message)
    taskCompleted.publish(message)
  }

  failed(error: unknown): void {
    const message = this.#message
    message.settledAt = performance.now()
    message.error = error
    this.span?.fail(message, error)
    const cancelled = (error as { code?: unknown } | null | undefined)?.code === ERROR_CODES.TASK_CANCELLED
    const channel = cancelled ? taskCancelled : taskFailed
    channel.publish(message)
  }

  /** It could not be submitted: it has never been queued. */
  refused(error: unknown): void {
    this.#message.settledAt = performance.now()
    this.span?.fail(this.#message, error)
  }

  /** After the batch, and before whoever waits for a result in it: subscribers never run inside the driver's call. */
  #later(channel: Channel, fill: () => void): void {
    queueMicrotask(() => {
      fill()
      channel.publish(this.#message)
    })
  }
}
