import { EventEmitter } from 'node:events'
import { emitWarning, nextTick } from 'node:process'
import type { NativePool } from '../native/index.js'
import { SegmentTable } from '../segments/segment-table.js'
import type { SharedBytes } from '../segments/shared-bytes.js'
import { ALLOC_KEYS, type AllocOptions, allocate, MAX_SEGMENT } from './alloc.js'
import { BackPressure } from './back-pressure.js'
import { checkBoolean, checkInteger, checkKeys } from './check.js'
import { type CloseOptions, type CloseReport, type CloseTimes, checkClose, limitClose } from './closing.js'
import { asyncDispose } from './dispose.js'
import { closedError, failureToError, queueTimeoutError } from './failure.js'
import { FunctionTable } from './functions.js'
import { Attachment, makeHandle, type PoolHandle } from './handle.js'
import { Lifecycle } from './lifecycle.js'
import { Liveness } from './liveness.js'
import { type MapOptions, openSource, splitMapOptions, type TaskIterator, TaskMap } from './map.js'
import { makeNativePool, startNativePool } from './native-pool.js'
import { PendingTasks } from './pending.js'
import {
  exitInfo,
  healthInfo,
  type PoolEvents,
  recycleInfo,
  scaleInfo,
  warningInfo,
  workerInfo,
} from './pool-events.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { heedSignals } from './process-signals.js'
import { Quarantine } from './quarantine.js'
import { Recovery, withCause } from './recovery.js'
import { notOwner, Reloading, type ReloadOptions, resolveReload } from './reload.js'
import { resolveOptions } from './resolve-options.js'
import type { RunOptions, RunSyncOptions, StreamOptions } from './run-options.js'
import { SyncRunner } from './run-sync.js'
import { TaskRunner } from './runner.js'
import { type PoolEventRecord, Settlement } from './settlement.js'
import { checkSize, type PoolSize, Sizing } from './sizing.js'
import { makeStats, type PoolStats, type WorkerStats } from './stats.js'
import { StreamRunner } from './stream-runner.js'
import { Submission } from './submission.js'
import type { StreamSource } from './task-source.js'
import type { ItemIterator } from './task-stream.js'
import type { Tasks } from './task-types.js'
import { type Call, makeTasks } from './tasks.js'
import { WaitingRoom } from './waiting-room.js'

/**
 * A pool of worker processes that run the exported functions of a module.
 *
 * @typeParam T type of the tasks given to `run`
 * @typeParam R type of their results; for results by function use {@link Pool.tasks}
 *
 * @example
 * ```ts
 * await using pool = new Pool({ filename: new URL('./worker.js', import.meta.url) })
 * const result = await pool.run({ width: 200 }, { name: 'resize', timeout: 5_000 })
 * ```
 */
export class Pool<T = any, R = any> extends EventEmitter<PoolEvents> {
  /** Tasks that have killed too many workers (`maxCrashes`), until the pool is closed. */
  readonly quarantine: Quarantine

  readonly #born = performance.now()
  readonly #lifecycle = new Lifecycle()
  readonly #pending = new PendingTasks()
  readonly #native: NativePool
  readonly #liveness: Liveness
  readonly #segments: SegmentTable
  readonly #submission: Submission
  readonly #settlement: Settlement
  readonly #streams: StreamRunner
  readonly #runner: TaskRunner
  readonly #syncRunner: SyncRunner
  readonly #recovery: Recovery
  readonly #sizing: Sizing
  readonly #backPressure: BackPressure
  readonly #functions: FunctionTable
  readonly #reloading: Reloading
  readonly #isOwner: boolean
  #options: ResolvedPoolOptions
  /** Takes back what listens to signals. */
  #ignoreSignals: () => void = () => {}
  /** Tasks that the end of the pool has not waited for. */
  #cancelled = 0

  /**
   * Starts zygote and workers; tasks may be submitted at once.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE,
   * ERR_HATCHERY_PLATFORM_UNSUPPORTED
   */
  constructor(options: PoolOptions = {}) {
    super()
    const attachment = options instanceof Attachment ? options : undefined
    this.#options = attachment?.options ?? resolveOptions(options)
    const native = attachment?.native ?? makeNativePool(this.#options)
    const functions = new FunctionTable(native, this.#options.filename !== undefined)
    this.#native = native
    this.#functions = functions
    this.#reloading = new Reloading(native)
    this.#isOwner = attachment === undefined
    this.#liveness = new Liveness(native)
    this.#segments = new SegmentTable(
      (number) => native.mapSegment(number),
      (number) => {
        // What is staged may mention it: from then on the driver holds it for the task.
        this.#submission.flush()
        native.releaseSegment(number)
      },
    )
    const { name, retries, queuePolicy, ageing, queueTimeout } = this.#options
    const room = queuePolicy === 'wait' ? new WaitingRoom(ageing, queueTimeout) : undefined
    if (room !== undefined) {
      room.onTimeout = (ticket, limit) => {
        const taskName = functions.nameOf(this.#pending.functionOf(ticket))
        this.#pending.reject(ticket, queueTimeoutError(limit, taskName))
      }
    }
    this.#submission = new Submission(native, this.#pending, this.#liveness, this.#segments, room)
    this.#sizing = new Sizing(native, this.#liveness)
    this.#backPressure = new BackPressure(
      this.#pending,
      this.#submission,
      () => this.#emitLater('needsDrain'),
      () => this.#emitLater('drain'),
    )
    this.#recovery = new Recovery(
      this.#options,
      (functionId) => functions.nameOf(functionId),
      (question, strategy) => native.decide(question, strategy),
    )
    this.#settlement = new Settlement(
      native,
      this.#pending,
      functions,
      this.#segments,
      (event) => this.#onPoolEvent(event),
      (question) => this.#recovery.answer(question),
    )
    const submission = this.#submission
    const checkOpen = () => {
      if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    }
    this.#streams = new StreamRunner(native, functions, this.#pending, submission, name, checkOpen)
    this.#runner = new TaskRunner(native, functions, this.#pending, submission, name, this.#streams, retries)
    this.#syncRunner = new SyncRunner(
      native,
      functions,
      this.#pending,
      submission,
      this.#segments,
      name,
      retries,
      this.#recovery,
    )
    this.quarantine = new Quarantine(native, this.#segments, this.#runner, checkOpen)
    startNativePool(native, (buffer, length, large) => {
      this.#settlement.readBatch(buffer, length, large)
      this.#backPressure.afterBatch()
      if (this.#pending.size === 0) this.#onIdle()
    })
    this.#backPressure.setMarks(this.#options)
    this.#liveness.hold()
    if (this.#isOwner) {
      this.#ignoreSignals = heedSignals(this.options.handleSignals, {
        closeBySignal: () => this.close({ timeout: this.options.signalCloseTimeout }),
        destroy: () => this.destroy(),
      })
    }
  }

  /**
   * Uses, in this thread, the pool that another thread of this process has made. Its own `close` and `destroy` concern
   * this thread's tasks only; when the maker's are called, or its thread ends, this pool closes too. Of the events,
   * those about workers, and warnings, come in the maker's thread only.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  static attach<T = any, R = any>(handle: PoolHandle): Pool<T, R> {
    return new Pool<T, R>(new Attachment(handle) as PoolOptions)
  }

  /**
   * What {@link Pool.attach} needs in another thread; send it by `workerData` or `postMessage`.
   *
   * @throws ERR_HATCHERY_POOL_CLOSED
   */
  handle(): PoolHandle {
    if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    return makeHandle(this.#native, this.options)
  }

  /**
   * Runs one task: `task` becomes the one argument of the exported function. An async iterable, such as a
   * ReadableStream, or an iterator, such as a generator, goes to it as a stream: the function receives an async iterable,
   * and items are taken from the source as it asks for them.
   *
   * @returns what the function returns; rejects with what it throws, or with an ERR_HATCHERY_* error: INVALID_OPTION,
   * DUPLICATE_ID, WORKER_FILE_NOT_FOUND, DATA_CLONE, POOL_CLOSED and POOL_FAILED at once, the others later
   */
  run<Result = R>(task?: T | StreamSource, options?: RunOptions): Promise<Result> {
    if (!this.#lifecycle.accepting) return Promise.reject(this.#lifecycle.refusal())
    try {
      return this.#runner.run(task, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Cancels the pending task that was given this `id` in this thread. One that has not begun never will. One that runs is
   * rejected now; its own signal is aborted with `reason`, and its worker killed if it has not ended after `killGrace`.
   *
   * @param reason the `cause` of the ERR_HATCHERY_TASK_CANCELLED that the task is rejected with
   * @returns whether a task was cancelled; false if there is none of this id, or it has just settled
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  cancel(id: string, reason?: unknown): boolean {
    return this.#runner.cancel(id, reason)
  }

  /**
   * Runs one task whose function is a generator, or returns something that can be iterated, and yields its items as they
   * come; the `value` of the last result is what the generator returns. The worker is never more than `queueHighWaterMark`
   * items ahead. Nothing runs before the first `next()`. Leaving the loop early cancels the task: its generator returns,
   * so that `finally` blocks run. The task holds one place of a worker's `concurrency` until it ends.
   *
   * @returns an iterator that throws what the task throws, or an ERR_HATCHERY_* error as `run` rejects with, after the
   * items that came before
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
   */
  stream<Item = any, Return = any>(task?: T | StreamSource, options?: StreamOptions): ItemIterator<Item, Return> {
    return this.#streams.stream([task], options)
  }

  /**
   * Runs one task and blocks this thread until it has settled, also while the pool is still starting. Nothing else runs
   * in this thread meanwhile, promises of other tasks included; other threads and the workers go on.
   *
   * @returns what the function returns
   * @throws what it throws, with the caller's stack below the worker's, or what {@link Pool.run} would reject with
   */
  runSync<Result = R>(task?: T, options?: RunSyncOptions): Result {
    if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    return this.#syncRunner.run(task, options, this.runSync) as Result
  }

  /**
   * The exported functions of the worker module as functions of this process, typed by the module:
   * `pool.tasks<typeof import('./worker.js')>().resize(buffer, { width: 200 })`. Each has a form that blocks, as
   * {@link Pool.runSync} does: `.resize.sync(buffer, { width: 200 })`. Generators are called by `stream`:
   * `tasks.lines.stream(path)`.
   */
  tasks<Module = Record<string, (...parameters: any[]) => Promise<any>>>(): Tasks<Module> {
    const call: Call = (name, parameters, options) => {
      if (!this.#lifecycle.accepting) return Promise.reject(this.#lifecycle.refusal())
      try {
        return this.#runner.call(name, parameters, options)
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return makeTasks(
      call,
      (name, parameters, options) => this.#streams.stream(parameters, { ...options, name }),
      (...call) => {
        if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
        return this.#syncRunner.call(...call)
      },
    )
  }

  /**
   * Runs a task for every item and yields the results, in order or as they come. Items are pulled as there is
   * room, so the source may be endless. The first rejection ends the iteration and cancels the rest.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  map<Item = T, Result = R>(
    items: Iterable<Item> | AsyncIterable<Item>,
    options: MapOptions = {},
  ): TaskIterator<Result> {
    const { maxWorkers, concurrency } = this.options
    const { limit, ordered, run } = splitMapOptions(options, maxWorkers * concurrency)
    const submit = (item: Item, signal: AbortSignal) => this.run<Result>(item as unknown as T, { ...run, signal })
    return new TaskMap(openSource(items), submit, limit, ordered, run.signal)
  }

  /**
   * Memory that the host shares with its workers. Passed to a task or returned by one it travels as a handle: no byte of
   * it is copied. Filled with zeros, which take up no memory until they are written over.
   *
   * @param bytes how many, at least 1
   * @throws ERR_HATCHERY_SHARED_MEMORY_FULL if `maxSharedMemory` does not allow it, ERR_HATCHERY_INVALID_OPTION,
   * ERR_HATCHERY_POOL_CLOSED
   */
  alloc(bytes: number, options: AllocOptions = {}): SharedBytes {
    checkKeys('alloc', options, ALLOC_KEYS)
    const length = checkInteger('bytes', bytes, 1, MAX_SEGMENT)
    const readOnly = options.readOnly === undefined ? false : checkBoolean('readOnly', options.readOnly)
    if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    return allocate(this.#native, this.#segments, length, readOnly)
  }

  /**
   * Sets how many workers there are from now on: so many, or at least `min` and at most `max`. Workers that are too many
   * take no more tasks and leave when they have ended what they have begun.
   *
   * @returns fulfilled once there are that many, or as many as a later call asked for; rejects with
   * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED, or what the pool failed with
   */
  async resize(size: number | PoolSize): Promise<void> {
    const { min, max } = checkSize(size, this.#options)
    if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    const reached = this.#sizing.resize(min, max)
    const workers = { minWorkers: min, maxWorkers: max, minThreads: min, maxThreads: max }
    this.#options = Object.freeze({ ...this.#options, ...workers })
    this.#backPressure.setMarks(this.#options)
    return reached
  }

  /**
   * Starts the code of the workers anew, without a pause and without a lost task: a new zygote loads it and proves itself
   * with one worker; then each old worker is replaced by a new one that is ready, gets no more tasks, ends what it has
   * begun, and leaves. Queued tasks run on either. Tasks of the pool's own module are those of the new one. There is one
   * worker more than before for most of the time, and up to twice as many while old ones are still at work.
   *
   * @param options what is to be different from now on
   * @returns settles once the last old worker has left; rejects, and everything is as before, with the error of the new
   * code (ERR_HATCHERY_PRELOAD_FAILED, ERR_HATCHERY_WORKER_START_FAILED, …), or with ERR_HATCHERY_RELOAD_IN_PROGRESS,
   * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE, ERR_HATCHERY_POOL_CLOSED
   */
  async reload(options: ReloadOptions = {}): Promise<void> {
    const changed = resolveReload(this.options, options)
    if (!this.#lifecycle.accepting) throw this.#lifecycle.refusal()
    if (!this.#isOwner) throw notOwner()
    const reloaded = this.#reloading.begin(changed)
    this.#liveness.hold()
    return reloaded.finally(() => this.#liveness.release())
  }

  /**
   * Takes no more tasks, waits for those there are, and ends the workers. What a time limit leaves is cancelled.
   *
   * @returns settles once nothing of the pool is left, with the number of tasks that were not waited for; never rejects
   * but for ERR_HATCHERY_INVALID_OPTION
   */
  async close(options: CloseOptions = {}): Promise<CloseReport> {
    const times = checkClose(options, this.options.closeTimeout)
    if (this.#beginClosing()) {
      this.#submission.letIn(true)
      this.#submission.flush()
      this.#native.close()
    }
    return this.#awaitClose(times)
  }

  /**
   * Rejects all pending tasks with ERR_HATCHERY_POOL_CLOSED and kills the workers.
   *
   * @returns settles once nothing of the pool is left, with the number of tasks that were pending; never rejects
   */
  async destroy(): Promise<CloseReport> {
    if (!this.#lifecycle.isClosed) {
      this.#beginClosing()
      this.#cancelled += this.#pending.size
      this.#submission.discard()
      this.#pending.rejectAll(this.#lifecycle.refusal())
      this.#onIdle()
      this.#native.destroy()
    }
    await this.#lifecycle.closed
    return { cancelled: this.#cancelled }
  }

  /**
   * Keeps this process alive as long as the pool is open. Without this, or {@link Pool.unref}, it is kept alive while the
   * pool starts, while tasks are pending and while it closes.
   */
  ref(): this {
    if (!this.#lifecycle.isClosing) this.#liveness.wish(true)
    return this
  }

  /** Lets this process end, and the pool with it, even though tasks are pending. A pool that closes is waited for. */
  unref(): this {
    if (!this.#lifecycle.isClosing) this.#liveness.wish(false)
    return this
  }

  /** As {@link Pool.close}. */
  async [asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The options in force, defaults included; {@link Pool.reload} and {@link Pool.resize} change them. */
  get options(): ResolvedPoolOptions {
    return this.#options
  }

  /**
   * Fulfilled once the pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Rejects
   * with the error if the pool cannot start.
   */
  get ready(): Promise<void> {
    return this.#lifecycle.ready
  }

  /** True from `close` or `destroy` on. */
  get closing(): boolean {
    return this.#lifecycle.isClosing
  }

  /** True once nothing of the pool is left. */
  get closed(): boolean {
    return this.#lifecycle.isClosed
  }

  /** Tasks that wait for a worker. */
  get queueSize(): number {
    this.#submission.flush()
    return (this.stats().queued ?? 0) + this.#submission.keptBack
  }

  /**
   * True from when so many tasks of this thread wait as `queueHighWaterMark` says until fewer do than `queueLowWaterMark`. Whoever
   * submits from a source that can wait does so until `'drain'`.
   */
  get needsDrain(): boolean {
    return this.#pending.crowded
  }

  /** Tasks submitted and not settled. */
  get pending(): number {
    return this.#pending.size
  }

  /** Tasks fulfilled. */
  get completed(): number {
    return this.#pending.completed
  }

  /** Milliseconds since the pool was made. */
  get duration(): number {
    return performance.now() - this.#born
  }

  /** The workers there are. */
  get workers(): readonly WorkerStats[] {
    return this.stats().workers ?? []
  }

  /** As `workers`; piscina's name. */
  get threads(): readonly WorkerStats[] {
    return this.workers
  }

  /** A snapshot of all figures. */
  stats(): PoolStats {
    return makeStats(this.#native.stats(), this.#pending)
  }

  #beginClosing(): boolean {
    if (!this.#lifecycle.beginClosing()) return false
    this.#liveness.wish(undefined)
    this.#liveness.hold()
    this.#reloading.fail(this.#lifecycle.refusal())
    return true
  }

  async #awaitClose(times: CloseTimes): Promise<CloseReport> {
    const stop = limitClose(times, {
      giveUp: () => void this.destroy(),
      endUnreadStreams: (looks) => {
        this.#cancelled += this.#streams.endUnread(looks, closedError())
      },
    })
    await this.#lifecycle.closed
    stop()
    return { cancelled: this.#cancelled }
  }

  #onIdle(): void {
    this.#pending.crowded = false
    if (this.#liveness.idle()) this.#emitLater('drain')
  }

  /** Never from within the driver's call: a listener may throw, or close the pool. */
  #emitLater<Name extends keyof PoolEvents>(name: Name, ...details: PoolEvents[Name]): void {
    if (this.listenerCount(name) === 0) return
    nextTick(() => (this as EventEmitter).emit(name, ...details))
  }

  #onPoolEvent(event: PoolEventRecord): void {
    switch (event.type) {
      case 'ready':
        return this.#onReady()
      case 'launcher-ready':
        // With no minimum there may never be a worker to wait for.
        if (this.options.minWorkers === 0) this.#onReady()
        return
      case 'worker-started':
        return this.#emitLater('workerStarted', workerInfo(event))
      case 'worker-health':
        return this.#emitLater('workerHealth', healthInfo(event))
      case 'worker-exited':
        return this.#emitLater('workerExited', exitInfo(event))
      case 'recycle':
        return this.#emitLater('recycle', recycleInfo(event))
      case 'scale':
        return this.#emitLater('scale', scaleInfo(event))
      case 'resized':
        return this.#sizing.reached(Number(event['number']))
      case 'reloaded':
        return this.#onReloaded(Number(event['generation']))
      case 'reload-failed':
        return this.#reloading.fail(failureToError(event))
      case 'start-method':
      case 'warning':
      case 'zygote':
        return this.#onWarning(event)
      case 'failed':
        return this.#onFailed(event)
      case 'closed':
        return this.#onClosed()
    }
  }

  #onReady(): void {
    if (!this.#lifecycle.isStarting) return
    this.#lifecycle.becomeReady()
    this.#liveness.release()
    this.#emitLater('ready')
  }

  #onReloaded(generation: number): void {
    this.#options = this.#reloading.succeed() ?? this.#options
    this.#functions.hasDefault = this.options.filename !== undefined
    this.#emitLater('reload', { generation })
  }

  #onWarning(event: PoolEventRecord): void {
    const warning = warningInfo(event)
    if (warning === undefined) return
    if (this.listenerCount('warning') === 0) emitWarning(warning.message, 'HatcheryWarning')
    else this.#emitLater('warning', warning)
  }

  #onFailed(event: PoolEventRecord): void {
    const error = withCause(failureToError(event), this.#recovery.shutdownCause)
    const starting = this.#lifecycle.isStarting
    if (!this.#lifecycle.fail(error)) return
    if (starting) this.#liveness.release()
    this.#reloading.fail(error)
    const heard = this.#lifecycle.watched || this.#pending.size > 0 || this.listenerCount('error') > 0
    this.#submission.discard()
    this.#pending.rejectAll(error)
    this.#sizing.end(error)
    this.#onIdle()
    this.#emitLater('error', error)
    // A pool must not fail in silence.
    if (!heard) emitWarning(error)
    nextTick(() => void this.destroy())
  }

  #onClosed(): void {
    this.#liveness.end()
    this.#pending.rejectAll(this.#lifecycle.refusal())
    this.#sizing.end(this.#lifecycle.refusal())
    this.#reloading.fail(this.#lifecycle.refusal())
    this.#ignoreSignals()
    this.#lifecycle.becomeClosed()
    this.#emitLater('close')
  }
}
