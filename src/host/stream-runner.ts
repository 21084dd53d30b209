import type { NativePool } from '../native/index.js'
import { unwrapMoved } from '../segments/move.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { cancelledError, duplicateIdError } from './failure.js'
import type { FunctionTable } from './functions.js'
import type { Cancel, PendingTasks, StreamEnd } from './pending.js'
import { OBSERVED } from './record.js'
import {
  checkName,
  checkNoRetries,
  DEFAULT_HIGH_WATER_MARK,
  type PackedOptions,
  packStreamOptions,
  type StreamOptions,
} from './run-options.js'
import { listen } from './signals.js'
import type { Submission } from './submission.js'
import type { TaskDefaults } from './task-defaults.js'
import { isSource, type StreamSource, TaskSource } from './task-source.js'
import { type StreamingTask, TaskStream } from './task-stream.js'
import type { ObservedTask } from './tracing/observed-task.js'
import type { TaskObserver } from './tracing/task-observer.js'

/** The streams among the arguments of one task, by position. */
type Sources = ReadonlyMap<number, TaskSource>

/** A task with streams, ready to be submitted. */
interface StreamingCall {
  readonly call: 'run' | 'stream'
  readonly filename: string | URL | undefined
  readonly name: string
  readonly packed: PackedOptions
  readonly parameters: readonly unknown[]
  readonly sources: Sources
  /** Items that it may send at first; 0: it sends none. */
  readonly credit: number
  readonly window: number
}

/** Takes the items of a task, and its end. */
interface Receiver extends Pick<StreamEnd, 'item' | 'damaged'> {
  resolve(value: unknown): void
  reject(reason: unknown): void
  /** Its caller does not want it any more. */
  readonly abort: Cancel
}

/** Submits the tasks that are streams, or that are given streams. */
export class StreamRunner {
  readonly #native: Pick<NativePool, 'cancel' | 'credit' | 'forward'>
  readonly #functions: FunctionTable
  readonly #pending: PendingTasks
  readonly #submission: Submission
  readonly #segments: SegmentTable
  readonly #defaults: TaskDefaults
  /** Throws if the pool takes no tasks. */
  readonly #checkOpen: () => void
  readonly #observer: TaskObserver
  /** Those whose tasks have not settled. */
  readonly #live = new Set<TaskStream<any, any>>()

  constructor(
    native: Pick<NativePool, 'cancel' | 'credit' | 'forward'>,
    functions: FunctionTable,
    pending: PendingTasks,
    submission: Submission,
    segments: SegmentTable,
    defaults: TaskDefaults,
    checkOpen: () => void,
    observer: TaskObserver,
  ) {
    this.#native = native
    this.#functions = functions
    this.#pending = pending
    this.#submission = submission
    this.#segments = segments
    this.#defaults = defaults
    this.#checkOpen = checkOpen
    this.#observer = observer
  }

  /**
   * A stream of what a task yields. Options and function are checked now, the rest happens at the first `next()`.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
   */
  stream(parameters: readonly unknown[], options: StreamOptions = {}): TaskStream<any, any> {
    const packed = packStreamOptions(options, this.#defaults.timeout)
    const window = packed.highWaterMark
    const name = options.name === undefined ? this.#defaults.name : checkName(options.name)
    const { filename } = options
    // For its errors: they belong to this call.
    this.#functions.idOf(filename, name, 'stream')
    const sources = sourcesOf(parameters, window, this.#segments)
    const call = { call: 'stream', filename, name, packed, parameters, sources, credit: window, window } as const
    return new TaskStream(
      {
        submit: (stream) => {
          const settle = (failed: boolean, value: unknown) => {
            this.#live.delete(stream)
            stream.settle(failed, value)
          }
          const task = this.#submit(call, {
            item: (item) => stream.item(item),
            damaged: (error) => stream.damaged(error),
            resolve: (value) => settle(false, value),
            reject: (reason) => settle(true, reason),
            abort: (reason) => stream.abort(reason),
          })
          this.#live.add(stream)
          return task
        },
        withdraw: () => closeAll(sources),
      },
      window,
    )
  }

  /**
   * Ends the streams that nobody has read from since this was called `looks` times before; how many those are.
   *
   * @param reason what they fail with, should somebody read on
   */
  endUnread(looks: number, reason: unknown): number {
    let ended = 0
    for (const stream of this.#live) {
      if (stream.unread() <= looks) continue
      this.#live.delete(stream)
      stream.damaged(reason)
      ended++
    }
    return ended
  }

  /**
   * Runs a task that is given streams and returns a plain value.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE
   */
  run(
    parameters: readonly unknown[],
    filename: string | URL | undefined,
    name: string,
    packed: PackedOptions,
  ): Promise<any> {
    const window = DEFAULT_HIGH_WATER_MARK
    checkNoRetries(packed)
    this.#functions.idOf(filename, name, 'stream')
    const sources = sourcesOf(parameters, window, this.#segments)
    return new Promise((resolve, reject) => {
      const task = this.#submit(
        { call: 'run', filename, name, packed, parameters, sources, credit: 0, window },
        { item: () => {}, damaged: () => {}, resolve, reject, abort: (reason) => task.cancel(reason) },
      )
    })
  }

  #submit(call: StreamingCall, receiver: Receiver): StreamingTask {
    try {
      this.#checkOpen()
      return this.#observer.isNeeded(true)
        ? this.#submitObserved(call, receiver)
        : this.#trySubmit(call, receiver, undefined)
    } catch (error) {
      closeAll(call.sources)
      throw error
    }
  }

  #submitObserved(call: StreamingCall, receiver: Receiver): StreamingTask {
    const { filename, name, packed } = call
    let task!: StreamingTask
    const submit = (observed: ObservedTask) => {
      let resolve!: (value: unknown) => void
      let reject!: (reason: unknown) => void
      const outcome = new Promise((fulfil, refuse) => {
        resolve = fulfil
        reject = refuse
      })
      const told: Receiver = {
        ...receiver,
        resolve: (value) => {
          resolve(value)
          receiver.resolve(value)
        },
        reject: (reason) => {
          reject(reason)
          receiver.reject(reason)
        },
      }
      task = this.#trySubmit(call, told, observed)
      return outcome
    }
    const { id, word } = packed
    // The receiver hears of the failure itself.
    this.#observer.observe({ call: call.call, filename, name, id, word }, submit).catch(() => {})
    return task
  }

  #trySubmit(call: StreamingCall, receiver: Receiver, observed: ObservedTask | undefined): StreamingTask {
    const { filename, name, packed, sources, credit, window } = call
    const carrier = observed?.carrier
    const functionId = this.#functions.idOf(filename, name, 'stream', carrier !== undefined)
    const { id, signal, onProgress } = packed
    if (signal?.aborted === true) throw cancelledError(signal.reason, this.#functions.nameOf(functionId))
    if (id !== undefined && this.#pending.ticketOf(id) !== undefined) throw duplicateIdError(id)
    const inputs = [...sources.keys()]
    const moved = [...packed.transferList]
    const parameters = call.parameters.map((parameter, position) =>
      sources.has(position) ? undefined : unwrapMoved(parameter, moved),
    )
    const settle = (tell: (value: unknown) => void) => (value: unknown) => {
      closeAll(sources)
      tell(value)
    }
    const ticket = this.#submission.submitStream(
      { credit, window, parameters, inputs, carrier },
      functionId,
      observed === undefined ? packed.word : packed.word | OBSERVED,
      packed.timeout,
      packed.queueTimeout,
      settle((value) => receiver.resolve(value)),
      settle((reason) => receiver.reject(reason)),
    )
    moved.forEach(detachBuffer)
    for (const [position, source] of sources) {
      source.connect((part, bytes, mentions) => this.#native.forward(ticket, position, part, bytes, mentions))
    }
    const cancel = id === undefined && signal === undefined ? undefined : receiver.abort
    const stream: StreamEnd = {
      item: (item) => receiver.item(item),
      damaged: (error) => receiver.damaged(error),
      pulled: (input, count) => sources.get(input)?.pulled(count),
      forwarded: (input) => sources.get(input)?.forwarded(),
    }
    this.#pending.attach(ticket, { id, signal, cancel, onProgress, stream, observed })
    if (signal !== undefined) listen(signal, cancel!)
    return {
      credit: (count) => this.#native.credit(ticket, count),
      cancel: (reason) => this.#native.cancel(ticket, reason),
    }
  }
}

/** @throws whatever a Proxy among them throws */
export function hasSource(parameters: readonly unknown[]): boolean {
  for (const parameter of parameters) if (isSource(parameter)) return true
  return false
}

function sourcesOf(parameters: readonly unknown[], window: number, segments: SegmentTable): Sources {
  const sources = new Map<number, TaskSource>()
  for (const [position, parameter] of parameters.entries()) {
    if (isSource(parameter)) sources.set(position, new TaskSource(parameter as StreamSource, window, segments))
  }
  return sources
}

function closeAll(sources: Sources): void {
  for (const source of sources.values()) source.close()
}
