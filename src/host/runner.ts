import type { NativePool } from '../native/index.js'
import { isMoved, unwrapMoved } from '../segments/move.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { encodeReason } from './cancel-reason.js'
import { checkText } from './check.js'
import { calledOffError, cancelledError, duplicateIdError } from './failure.js'
import type { FunctionTable, Target } from './functions.js'
import type { PendingTasks } from './pending.js'
import { OBSERVED } from './record.js'
import {
  checkName,
  onceOnly,
  type PackedOptions,
  packOptions,
  type RunOptions,
  type TaskOptions,
} from './run-options.js'
import { listen } from './signals.js'
import { hasSource, type StreamRunner } from './stream-runner.js'
import type { Submission } from './submission.js'
import type { TaskDefaults } from './task-defaults.js'
import { isSource } from './task-source.js'
import type { Call, ObservedTask } from './tracing/observed-task.js'
import type { TaskObserver } from './tracing/task-observer.js'

/** Turns calls into submissions: finds the function, checks the options, wires signal and progress. */
export class TaskRunner {
  readonly #native: Pick<NativePool, 'cancel' | 'hasBegun'>
  readonly #functions: FunctionTable
  readonly #pending: PendingTasks
  readonly #submission: Submission
  readonly #streams: StreamRunner
  readonly #observer: TaskObserver
  readonly #defaults: TaskDefaults

  constructor(
    native: Pick<NativePool, 'cancel' | 'hasBegun'>,
    functions: FunctionTable,
    pending: PendingTasks,
    submission: Submission,
    streams: StreamRunner,
    defaults: TaskDefaults,
    observer: TaskObserver,
  ) {
    this.#native = native
    this.#functions = functions
    this.#pending = pending
    this.#submission = submission
    this.#streams = streams
    this.#defaults = defaults
    this.#observer = observer
  }

  /**
   * Runs a task that is the one argument of its function.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE
   */
  run(task: unknown, options: RunOptions | undefined): Promise<any> {
    if (typeof task === 'object' && isSource(task)) return this.#runWithSource(task, options)
    const defaults = this.#defaults
    const packed = options === undefined ? defaults.packed : packOptions(options, defaults)
    const name = options?.name === undefined ? defaults.name : checkName(options.name)
    const filename = options?.filename
    const isObserved = this.#observer.isNeeded(this.#submission.isEmpty)
    if (packed.isPlain && !isObserved && !isMoved(task)) {
      // The way of nearly all tasks: nothing is made for them here.
      const functionId = this.#functions.idOf(filename, name, 'single')
      return this.#submission.submit(task, functionId, packed.word, packed.timeout, packed.queueTimeout)
    }
    return this.#submit(task, { filename, name, form: 'single' }, packed, isObserved)
  }

  /**
   * Runs a function of the pool's own module with a list of arguments.
   *
   * @throws as {@link run}
   */
  call(name: string, parameters: unknown[], options: TaskOptions | undefined): Promise<any> {
    if (hasSource(parameters)) {
      return this.#streams.run(parameters, undefined, name, this.#packForStream(options))
    }
    const packed = options === undefined ? this.#defaults.packed : packOptions(options, this.#defaults)
    // One argument needs no list around it.
    const form = parameters.length === 1 ? 'single' : 'spread'
    const task = form === 'single' ? parameters[0] : parameters
    const isObserved = this.#observer.isNeeded(this.#submission.isEmpty)
    if (packed.isPlain && !isObserved && !parameters.some(isMoved)) {
      const functionId = this.#functions.idOf(undefined, name, form)
      return this.#submission.submit(task, functionId, packed.word, packed.timeout, packed.queueTimeout)
    }
    return this.#submit(task, { filename: undefined, name, form }, packed, isObserved)
  }

  /** Runs a task whose payload is there already: a message, and the numbers of the segments it mentions. */
  resubmit(payload: Uint8Array, mentions: number, functionId: number, packed: PackedOptions): Promise<any> {
    const { timeout, queueTimeout } = packed
    const submit = (word: number) =>
      this.#submission.submitEncoded(payload, mentions, functionId, word, timeout, queueTimeout)
    if (!this.#observer.isNeeded(true)) {
      return this.#follow(functionId, packed, undefined, () => submit(packed.word))
    }
    // The context that lies in the payload is that of the first submission: there the worker goes on.
    const call = this.#callOf(
      { filename: undefined, name: this.#functions.nameOf(functionId) ?? '', form: 'single' },
      packed,
    )
    return this.#observer.observe(call, (observed) =>
      this.#follow(functionId, packed, observed, () => submit(packed.word | OBSERVED)),
    )
  }

  #runWithSource(task: unknown, options: RunOptions = {}): Promise<any> {
    const name = options.name === undefined ? this.#defaults.name : checkName(options.name)
    return this.#streams.run([task], options.filename, name, this.#packForStream(options))
  }

  /** A task with streams is not run again. */
  #packForStream(options: TaskOptions = {}): PackedOptions {
    return packOptions(options, onceOnly(this.#defaults.timeout))
  }

  /** Submits, and takes away what was moved: `task` itself, elements of a list of arguments, the transfer list. */
  #send(task: unknown, functionId: number, packed: PackedOptions, observed: ObservedTask | undefined): Promise<any> {
    const moved = [...packed.transferList]
    const value = unwrapTask(task, moved)
    const { timeout, queueTimeout } = packed
    const word = observed === undefined ? packed.word : packed.word | OBSERVED
    const carrier = observed?.carrier
    const promise =
      carrier === undefined
        ? this.#submission.submit(value, functionId, word, timeout, queueTimeout)
        : this.#submission.submitTraced(value, carrier, functionId, word, timeout, queueTimeout)
    moved.forEach(detachBuffer)
    return promise
  }

  #submit(task: unknown, target: Target, packed: PackedOptions, isObserved: boolean): Promise<any> {
    if (isObserved) {
      return this.#observer.observe(this.#callOf(target, packed), (observed) =>
        this.#submitAs(task, target, packed, observed),
      )
    }
    return this.#submitAs(task, target, packed, undefined)
  }

  #submitAs(
    task: unknown,
    { filename, name, form }: Target,
    packed: PackedOptions,
    observed: ObservedTask | undefined,
  ): Promise<any> {
    const functionId = this.#functions.idOf(filename, name, form, observed?.carrier !== undefined)
    return this.#follow(functionId, packed, observed, () => this.#send(task, functionId, packed, observed))
  }

  #callOf({ filename, name }: Target, { id, word }: PackedOptions): Call {
    return { call: 'run', filename, name, id, word }
  }

  /** Submits by `send`, and listens on behalf of the task. */
  #follow(
    functionId: number,
    packed: PackedOptions,
    observed: ObservedTask | undefined,
    send: () => Promise<any>,
  ): Promise<any> {
    const { id, signal, onProgress } = packed
    if (signal?.aborted === true) throw cancelledError(signal.reason, this.#functions.nameOf(functionId))
    if (id !== undefined && this.#pending.ticketOf(id) !== undefined) throw duplicateIdError(id)
    const promise = send()
    if (id === undefined && signal === undefined && onProgress === undefined && observed === undefined) return promise
    const ticket = this.#submission.lastTicket
    const cancellable = id !== undefined || signal !== undefined
    const cancel = cancellable ? (reason: Uint8Array | undefined) => this.#cancel(ticket, reason) : undefined
    this.#pending.attach(ticket, { id, signal, cancel, onProgress, observed })
    if (signal !== undefined) listen(signal, cancel!)
    return promise
  }

  /** The driver settles the task, now or (it was told too late) as it would have anyway. */
  #cancel(ticket: number, reason: Uint8Array | undefined): boolean {
    if (this.#submission.withdraw(ticket)) {
      // As by the driver: not from within this call.
      queueMicrotask(() => this.#rejectCancelled(ticket))
      return true
    }
    this.#submission.flush()
    return this.#native.cancel(ticket, reason)
  }

  /** The driver has never had the task, so it will not say this. */
  #rejectCancelled(ticket: number): void {
    // The pool may have come to its end in the same tick.
    if (!this.#pending.has(ticket)) return
    const extras = this.#pending.extrasOf(ticket)
    const taskName = this.#functions.nameOf(this.#pending.functionOf(ticket))
    const calledOff = extras?.cancelled
    const error =
      calledOff === undefined
        ? cancelledError(extras?.signal?.reason, taskName)
        : calledOffError(calledOff.reason, taskName)
    this.#submission.rejectUnseen(ticket, 'cancelled', error)
  }

  /**
   * How far the task of this id has come; undefined if none is pending.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  stateOf(id: string): 'queued' | 'running' | undefined {
    const ticket = this.#pending.ticketOf(checkText('id', id))
    if (ticket === undefined) return undefined
    return this.#native.hasBegun(ticket) ? 'running' : 'queued'
  }

  /**
   * Cancels the pending task of this id.
   *
   * @returns false if there is none, or it has settled already
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  cancel(id: string, reason: unknown): boolean {
    const ticket = this.#pending.ticketOf(checkText('id', id))
    if (ticket === undefined) return false
    const extras = this.#pending.extrasOf(ticket)!
    if (extras.cancel!(encodeReason(reason)) !== true) return false
    extras.cancelled = { reason }
    return true
  }
}

/** A task without the marks of what is moved, which is added to `moved`: the task itself, elements of a list of arguments. */
export function unwrapTask(task: unknown, moved: ArrayBuffer[]): unknown {
  if (Array.isArray(task) && task.some(isMoved)) return task.map((item) => unwrapMoved(item, moved))
  return unwrapMoved(task, moved)
}
