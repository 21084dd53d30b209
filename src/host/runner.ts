import type { NativePool } from '../native/index.js'
import { isMoved, unwrapMoved } from '../segments/move.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { encodeReason } from './cancel-reason.js'
import { checkText } from './check.js'
import { calledOffError, cancelledError, duplicateIdError } from './failure.js'
import type { FunctionTable } from './functions.js'
import type { PendingTasks } from './pending.js'
import {
  checkName,
  DEFAULT_PACKED,
  defaultPacked,
  type PackedOptions,
  packOptions,
  type RunOptions,
  type TaskOptions,
} from './run-options.js'
import { listen } from './signals.js'
import { hasSource, type StreamRunner } from './stream-runner.js'
import type { Submission } from './submission.js'
import { isSource } from './task-source.js'

/** Turns calls into submissions: finds the function, checks the options, wires signal and progress. */
export class TaskRunner {
  readonly #native: Pick<NativePool, 'cancel' | 'hasBegun'>
  readonly #functions: FunctionTable
  readonly #pending: PendingTasks
  readonly #submission: Submission
  readonly #defaultName: string
  readonly #streams: StreamRunner
  readonly #retries: number
  readonly #defaults: PackedOptions
  /** Number of the pool's default function, once it is used. */
  #defaultId = -1

  constructor(
    native: Pick<NativePool, 'cancel' | 'hasBegun'>,
    functions: FunctionTable,
    pending: PendingTasks,
    submission: Submission,
    defaultName: string,
    streams: StreamRunner,
    retries: number,
  ) {
    this.#native = native
    this.#functions = functions
    this.#pending = pending
    this.#submission = submission
    this.#defaultName = defaultName
    this.#streams = streams
    this.#retries = retries
    this.#defaults = defaultPacked(retries)
  }

  /**
   * Runs a task that is the one argument of its function.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE
   */
  run(task: unknown, options: RunOptions | undefined): Promise<any> {
    if (typeof task === 'object' && isSource(task)) return this.#runWithSource(task, options)
    if (options === undefined && !isMoved(task)) {
      if (this.#defaultId < 0) this.#defaultId = this.#functions.idOf(undefined, this.#defaultName, 'single')
      return this.#submission.submit(task, this.#defaultId, this.#defaults.word, 0, 0)
    }
    const packed = options === undefined ? this.#defaults : packOptions(options, this.#retries)
    const name = options?.name === undefined ? this.#defaultName : checkName(options.name)
    return this.#submit(task, this.#functions.idOf(options?.filename, name, 'single'), packed)
  }

  /**
   * Runs a function of the pool's own module with a list of arguments.
   *
   * @throws as {@link run}
   */
  call(name: string, parameters: unknown[], options: TaskOptions | undefined): Promise<any> {
    if (hasSource(parameters)) {
      const packed = options === undefined ? DEFAULT_PACKED : packOptions(options)
      return this.#streams.run(parameters, undefined, name, packed)
    }
    const packed = options === undefined ? this.#defaults : packOptions(options, this.#retries)
    // One argument needs no list around it.
    const single = parameters.length === 1
    const functionId = this.#functions.idOf(undefined, name, single ? 'single' : 'spread')
    return this.#submit(single ? parameters[0] : parameters, functionId, packed)
  }

  /** Runs a task whose payload is there already: a message, and the numbers of the segments it mentions. */
  resubmit(payload: Uint8Array, mentions: number, functionId: number, packed: PackedOptions): Promise<any> {
    return this.#follow(functionId, packed, () =>
      this.#submission.submitEncoded(payload, mentions, functionId, packed.word, packed.timeout, packed.queueTimeout),
    )
  }

  #runWithSource(task: unknown, options: RunOptions = {}): Promise<any> {
    const packed = packOptions(options)
    const name = options.name === undefined ? this.#defaultName : checkName(options.name)
    return this.#streams.run([task], options.filename, name, packed)
  }

  /** Submits, and takes away what was moved: `task` itself, elements of a list of arguments, the transfer list. */
  #send(task: unknown, functionId: number, packed: PackedOptions): Promise<any> {
    const moved = [...packed.transferList]
    const value = unwrapTask(task, moved)
    const promise = this.#submission.submit(value, functionId, packed.word, packed.timeout, packed.queueTimeout)
    moved.forEach(detachBuffer)
    return promise
  }

  #submit(task: unknown, functionId: number, packed: PackedOptions): Promise<any> {
    return this.#follow(functionId, packed, () => this.#send(task, functionId, packed))
  }

  /** Submits by `send`, and listens on behalf of the task. */
  #follow(functionId: number, packed: PackedOptions, send: () => Promise<any>): Promise<any> {
    const { id, signal, onProgress } = packed
    if (signal?.aborted === true) throw cancelledError(signal.reason, this.#functions.nameOf(functionId))
    if (id !== undefined && this.#pending.ticketOf(id) !== undefined) throw duplicateIdError(id)
    const promise = send()
    if (id === undefined && signal === undefined && onProgress === undefined) return promise
    const ticket = this.#submission.lastTicket
    const cancellable = id !== undefined || signal !== undefined
    const cancel = cancellable ? (reason: Uint8Array | undefined) => this.#cancel(ticket, reason) : undefined
    this.#pending.attach(ticket, { id, signal, cancel, onProgress })
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
