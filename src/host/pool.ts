import { EventEmitter } from 'node:events'
import { emitWarning, nextTick } from 'node:process'
import type { NativePool } from '../native/index.js'
import { SegmentTable } from '../segments/segment-table.js'
import type { SharedBytes } from '../segments/shared-bytes.js'
import { ALLOC_KEYS, type AllocOptions, allocate, MAX_SEGMENT } from './alloc.js'
import { checkBoolean, checkInteger, checkKeys, checkTime } from './check.js'
import { asyncDispose } from './dispose.js'
import { failureToError } from './failure.js'
import { FunctionTable } from './functions.js'
import { Attachment, makeHandle, type PoolHandle } from './handle.js'
import { Lifecycle } from './lifecycle.js'
import { Liveness } from './liveness.js'
import { type MapOptions, openSource, splitMapOptions, type TaskIterator, TaskMap } from './map.js'
import { makeNativePool, startNativePool } from './native-pool.js'
import { PendingTasks } from './pending.js'
import { exitInfo, type PoolEvents, warningInfo, workerInfo } from './pool-events.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { Quarantine } from './quarantine.js'
import { Recovery, withCause } from './recovery.js'
import { resolveOptions } from './resolve-options.js'
import type { RunOptions, RunSyncOptions, StreamOptions } from './run-options.js'
import { SyncRunner } from './run-sync.js'
import { TaskRunner } from './runner.js'
import { type PoolEventRecord, Settlement } from './settlement.js'
import { makeStats, type PoolStats, type WorkerStats } from './stats.js'
import { StreamRunner } from './stream-runner.js'
import { Submission } from './submission.js'
import type { StreamSource } from './task-source.js'
import type { ItemIterator } from './task-stream.js'
import type { Tasks } from './task-types.js'
import { type Call, makeTasks } from './tasks.js'

/** Options of `pool.close()`. */
export interface CloseOptions {
  /** After this many milliseconds, do not wait for tasks any longer. Default: wait for all. */
  timeout?: number | undefined
}

/** Longest time of `setTimeout`, some 24 days. */
const MAX_TIMER = 0x7fff_ffff

const CLOSE_KEYS: ReadonlySet<string> = new Set(['timeout'] satisfies (keyof CloseOptions)[])

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
  /** The options in force, defaults included. */
  readonly options: ResolvedPoolOptions

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

  /**
   * Starts zygote and workers; tasks may be submitted at once.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE,
   * ERR_HATCHERY_PLATFORM_UNSUPPORTED
   */
  constructor(options: PoolOptions = {}) {
    super()
    const attachment = options instanceof Attachment ? options : undefined
    this.options = attachment?.options ?? resolveOptions(options)
    const native = attachment?.native ?? makeNativePool(this.options)
    const functions = new FunctionTable(native, this.options.filename)
    this.#native = native
    this.#liveness = new Liveness(native)
    this.#segments = new SegmentTable(
      (number) => native.mapSegment(number),
      (number) => {
        // What is staged may mention it: from then on the driver holds it for the task.
        this.#submission.flush()
        native.releaseSegment(number)
      },
    )
    this.#submission = new Submission(native, this.#pending, this.#liveness, this.#segments)
    this.#recovery = new Recovery(
      this.options,
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
    const { name, retries } = this.options
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
      if (this.#pending.size === 0) this.#onIdle()
    })
    this.#liveness.hold()
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
   * WORKER_FILE_NOT_FOUND, DATA_CLONE, POOL_CLOSED and POOL_FAILED at once, the others later
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
   * Runs one task whose function is a generator, or returns something that can be iterated, and yields its items as they
   * come; the `value` of the last result is what the generator returns. The worker is never more than `highWaterMark`
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
   * Takes no more tasks, waits for those there are, and ends the workers.
   *
   * @returns settles once nothing of the pool is left; never rejects but for ERR_HATCHERY_INVALID_OPTION
   */
  async close(options: CloseOptions = {}): Promise<void> {
    checkKeys('close', options, CLOSE_KEYS)
    const timeout = options.timeout === undefined ? 0 : checkTime('timeout', options.timeout, 0, 0)
    if (this.#lifecycle.beginClosing()) {
      this.#liveness.hold()
      this.#submission.flush()
      this.#native.close()
    }
    // A time beyond what Node's timers take, which would fire at once, is for ever.
    if (options.timeout === undefined || options.timeout > MAX_TIMER) return this.#lifecycle.closed
    const timer = setTimeout(() => void this.destroy(), timeout)
    return this.#lifecycle.closed.finally(() => clearTimeout(timer))
  }

  /**
   * Rejects all pending tasks with ERR_HATCHERY_POOL_CLOSED and kills the workers.
   *
   * @returns settles once nothing of the pool is left; never rejects
   */
  async destroy(): Promise<void> {
    if (!this.#lifecycle.isClosed) {
      if (this.#lifecycle.beginClosing()) this.#liveness.hold()
      this.#submission.discard()
      this.#pending.rejectAll(this.#lifecycle.refusal())
      this.#onIdle()
      this.#native.destroy()
    }
    return this.#lifecycle.closed
  }

  /** As {@link Pool.close}. */
  [asyncDispose](): Promise<void> {
    return this.close()
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
    return this.stats().queued ?? 0
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

  #onIdle(): void {
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
      case 'worker-exited':
        return this.#emitLater('workerExited', exitInfo(event))
      case 'start-method':
      case 'warning':
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
    const heard = this.#lifecycle.watched || this.#pending.size > 0 || this.listenerCount('error') > 0
    this.#submission.discard()
    this.#pending.rejectAll(error)
    this.#onIdle()
    this.#emitLater('error', error)
    // A pool must not fail in silence.
    if (!heard) emitWarning(error)
    nextTick(() => void this.destroy())
  }

  #onClosed(): void {
    this.#liveness.end()
    this.#pending.rejectAll(this.#lifecycle.refusal())
    this.#lifecycle.becomeClosed()
    this.#emitLater('close')
  }
}
