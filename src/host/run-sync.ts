import { decode, decodeOwned, encode, encodeLarge } from '../codec/index.js'
import { ERROR_CODES } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import {
  appendMentions,
  beginMentions,
  mentions,
  putMentions,
  readMentioning,
  takeMentions,
  withoutMentions,
} from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { appendCarrier } from '../tracing/carrier.js'
import { cancelledError, failureToError } from './failure.js'
import type { FunctionTable, Target } from './functions.js'
import { invalidOption } from './invalid-option.js'
import type { PendingTasks } from './pending.js'
import {
  EVENT_COMPLETED,
  EVENT_FAILED,
  EVENT_UNDECIDED,
  EXCHANGE_ANSWER,
  EXCHANGE_HEADER,
  KIND_MASK,
  MENTIONS_SHIFT,
} from './record.js'
import type { Recovery } from './recovery.js'
import { checkName, type PackedOptions, packOptions, type RunSyncOptions, type TaskOptions } from './run-options.js'
import { unwrapTask } from './runner.js'
import { parse, thrownValue } from './settlement.js'
import type { Submission } from './submission.js'
import type { TaskDefaults } from './task-defaults.js'
import type { TaskObserver } from './tracing/task-observer.js'

/**
 * Synchronous calls: the argument is encoded into the exchange, one native call submits the task and waits, and the
 * answer lies in the exchange. Results of other tasks wait for the event loop meanwhile, so none of their reactions
 * run in here.
 */
export class SyncRunner {
  readonly #native: NativePool
  readonly #functions: FunctionTable
  readonly #pending: PendingTasks
  readonly #submission: Submission
  readonly #segments: SegmentTable
  readonly #defaults: TaskDefaults
  readonly #recovery: Pick<Recovery, 'answer'>
  readonly #observer: TaskObserver
  /** All of the exchange, from the first call on. */
  #bytes: Buffer | undefined
  #words: Int32Array | undefined
  /** True while an argument is encoded into the exchange: a getter in it may call for itself. */
  #encoding = false

  constructor(
    native: NativePool,
    functions: FunctionTable,
    pending: PendingTasks,
    submission: Submission,
    segments: SegmentTable,
    defaults: TaskDefaults,
    recovery: Pick<Recovery, 'answer'>,
    observer: TaskObserver,
  ) {
    this.#native = native
    this.#functions = functions
    this.#pending = pending
    this.#submission = submission
    this.#segments = segments
    this.#defaults = defaults
    this.#recovery = recovery
    this.#observer = observer
  }

  /**
   * Runs a task that is the one argument of its function.
   *
   * @param caller as in `CallSync`
   * @returns its result
   * @throws what the task throws, or an ERR_HATCHERY_* error
   */
  run(task: unknown, options: RunSyncOptions | undefined, caller: CallableFunction): unknown {
    const packed = options === undefined ? this.#defaults.packed : packOptions(options, this.#defaults)
    const name = options?.name === undefined ? this.#defaults.name : checkName(options.name)
    return this.#askObserved(task, { filename: options?.filename, name, form: 'single' }, packed, caller)
  }

  /** Runs a function of the pool's own module with a list of arguments, as {@link run}. */
  call(name: string, parameters: unknown[], options: TaskOptions | undefined, caller: CallableFunction): unknown {
    const packed = options === undefined ? this.#defaults.packed : packOptions(options, this.#defaults)
    // One argument needs no list around it.
    const single = parameters.length === 1
    const target = { filename: undefined, name, form: single ? 'single' : 'spread' } as const
    return this.#askObserved(single ? parameters[0] : parameters, target, packed, caller)
  }

  #askObserved(task: unknown, target: Target, packed: PackedOptions, caller: CallableFunction): unknown {
    const { filename, name, form } = target
    if (!this.#observer.isNeeded(true)) {
      return this.#ask(task, this.#functions.idOf(filename, name, form), packed, undefined, caller)
    }
    const { id, word } = packed
    return this.#observer.observeSync({ call: 'runSync', filename, name, id, word }, ({ carrier }) =>
      this.#ask(task, this.#functions.idOf(filename, name, form, carrier !== undefined), packed, carrier, caller),
    )
  }

  #ask(
    task: unknown,
    functionId: number,
    packed: PackedOptions,
    carrier: Uint8Array | undefined,
    caller: CallableFunction,
  ): unknown {
    const { id, signal, onProgress } = packed
    if (id !== undefined)
      throw invalidOption('id', 'left out of a synchronous call, during which nobody can cancel it', id)
    if (onProgress !== undefined)
      throw invalidOption('onProgress', 'left out of a synchronous call, during which nothing can be heard', onProgress)
    if (signal?.aborted === true) throw cancelledError(signal.reason, this.#functions.nameOf(functionId))
    // Not a condition of the native call: between two of them V8 ends a thread that is terminated. The first one waits, too.
    const end = packed.timeout === 0 ? Infinity : performance.now() + packed.timeout
    const moved = [...packed.transferList]
    const value = unwrapTask(task, moved)
    // A getter of a message that is being encoded may have led here.
    let kind = withoutMentions(() => this.#submit(value, functionId, packed, carrier))
    moved.forEach(detachBuffer)
    let late = false
    while (kind === 0 || kind === EVENT_UNDECIDED) {
      if (kind === EVENT_UNDECIDED) this.#recovery.answer(this.#takePayload())
      // The driver counts from the start of the task, which may be long in coming; a blocked thread can do nothing else.
      if (!late && performance.now() >= end) {
        late = true
        this.#native.giveUp()
      }
      kind = this.#native.wait(late || end === Infinity ? 0 : Math.max(1, Math.ceil(end - performance.now())))
    }
    try {
      return this.#settle(kind, functionId, caller)
    } catch (error) {
      if (!late || (error as { code?: unknown }).code !== ERROR_CODES.TASK_CANCELLED) throw error
      const message = `The task was not done within its time limit of ${packed.timeout} ms, the time before it began included.`
      const taskName = this.#functions.nameOf(functionId)
      throw failureToError({ code: ERROR_CODES.TASK_TIMEOUT, message, timeout: packed.timeout }, { taskName })
    }
  }

  /** Submits and waits a while; the kind of the answer, or 0. */
  #submit(
    task: unknown,
    functionId: number,
    { word, timeout, queueTimeout }: PackedOptions,
    carrier: Uint8Array | undefined,
  ): number {
    const bytes = this.#open()
    beginMentions(this.#segments)
    const end = this.#encoding || carrier !== undefined ? -1 : this.#encode(task, bytes)
    const large = end < 0 ? this.#encodeApart(task, carrier) : undefined
    const options = word | (mentions().length << MENTIONS_SHIFT)
    // What was submitted before runs before.
    this.#submission.flush()
    return large === undefined
      ? this.#native.runSync(functionId, options, timeout, queueTimeout, end)
      : this.#native.runSyncLarge(functionId, options, timeout, queueTimeout, large)
  }

  #encodeApart(task: unknown, carrier: Uint8Array | undefined): Uint8Array {
    const message = encodeLarge(task)
    return appendMentions(carrier === undefined ? message : appendCarrier(message, carrier))
  }

  #open(): Buffer {
    if (this.#bytes === undefined) {
      const exchange = this.#native.exchange
      this.#words = new Int32Array(exchange)
      this.#bytes = Buffer.from(exchange)
    }
    return this.#bytes
  }

  #encode(task: unknown, bytes: Buffer): number {
    this.#encoding = true
    try {
      const end = encode(task, bytes, 0, EXCHANGE_ANSWER)
      return end >= 0 && mentions().length > 0 ? putMentions(bytes, end, EXCHANGE_ANSWER) : end
    } finally {
      this.#encoding = false
    }
  }

  /** A copy of what lies in the exchange. */
  #takePayload(): Uint8Array {
    const at = EXCHANGE_ANSWER >> 2
    if (this.#words![at + 1] !== 0) return this.#native.takeAnswer()
    const start = EXCHANGE_ANSWER + EXCHANGE_HEADER
    return Uint8Array.from(this.#bytes!.subarray(start, start + this.#words![at]!))
  }

  #settle(word: number, functionId: number, caller: CallableFunction): unknown {
    const at = EXCHANGE_ANSWER >> 2
    const length = this.#words![at]!
    const apart = this.#words![at + 1] === 0 ? undefined : this.#native.takeAnswer()
    const start = EXCHANGE_ANSWER + EXCHANGE_HEADER
    if (word === EVENT_COMPLETED) {
      const value = apart === undefined ? decode(this.#bytes!, start, length) : decodeOwned(apart)
      this.#pending.completed++
      return value
    }
    const payload = apart ?? this.#bytes!.subarray(start, start + length)
    if (word > KIND_MASK) return this.#settleMentioning(word, payload, functionId, caller)
    return this.#settleOther(word, payload, functionId, caller)
  }

  #settleMentioning(word: number, payload: Uint8Array, functionId: number, caller: CallableFunction): unknown {
    const count = word >>> MENTIONS_SHIFT
    const numbers = takeMentions(payload, payload.length, count)
    const message = payload.subarray(0, payload.length - 4 * count)
    try {
      return readMentioning(this.#segments, numbers, () =>
        this.#settleOther(word & KIND_MASK, message, functionId, caller),
      )
    } finally {
      this.#native.releaseAnswer()
    }
  }

  #settleOther(kind: number, payload: Uint8Array, functionId: number, caller: CallableFunction): unknown {
    if (kind === EVENT_COMPLETED) {
      const value = decode(payload, 0, payload.length)
      this.#pending.completed++
      return value
    }
    this.#pending.rejected++
    if (kind === EVENT_FAILED) throw withCaller(thrownValue(payload), caller)
    const taskName = this.#functions.nameOf(functionId)
    throw failureToError(parse(payload), { taskName }, (id) => this.#functions.nameOf(id))
  }
}

/** Errors of a task have the worker's stack; whoever catches one here also wants to see where it was called. */
function withCaller(thrown: unknown, caller: CallableFunction): unknown {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return thrown
  const here: { stack?: unknown } = {}
  Error.captureStackTrace(here, caller)
  // Not a string if somebody has set `Error.prepareStackTrace`.
  const frames = typeof here.stack === 'string' ? here.stack.slice(here.stack.indexOf('\n') + 1) : ''
  if (frames !== '') thrown.stack += `\n    at runSync (in the host)\n${frames}`
  return thrown
}
