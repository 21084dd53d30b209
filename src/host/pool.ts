import { EventEmitter } from 'node:events'
import type { SharedBytes } from '../segments/shared-bytes.js'
import { type AllocOptions, checkAlloc } from './alloc.js'
import { type CloseOptions, type CloseReport, checkClose } from './closing.js'
import type { ConfigureOption, ConfigureOptions } from './configure.js'
import type { CrashInfo } from './crashes.js'
import { asyncDispose } from './dispose.js'
import { Engine } from './engine.js'
import { Face } from './face.js'
import { Attachment, makeHandle, type PoolHandle } from './handle.js'
import type { PoolHistogram } from './histogram.js'
import { type MapOptions, mapItems, type TaskIterator } from './map.js'
import type { MetricFamily, MetricsOptions } from './metrics.js'
import type { PoolEvents } from './pool-events.js'
import type { PoolHealth } from './pool-health.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import type { Quarantine } from './quarantine.js'
import type { ReloadOptions } from './reload.js'
import type { RunOptions, RunSyncOptions, StreamOptions } from './run-options.js'
import type { PoolSize } from './sizing.js'
import type { PoolStats, StatsOptions, WorkerStats } from './stats.js'
import type { StreamSource } from './task-source.js'
import type { ItemIterator } from './task-stream.js'
import type { Tasks } from './task-types.js'
import { tasksOf } from './tasks.js'

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
  readonly #engine: Engine

  /**
   * Starts zygote and workers; tasks may be submitted at once.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND, ERR_HATCHERY_DATA_CLONE,
   * ERR_HATCHERY_PLATFORM_UNSUPPORTED
   */
  constructor(options: PoolOptions = {}) {
    super()
    this.#engine = new Engine(options, new Face(this))
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
    this.#engine.checkOpen()
    return makeHandle(this.#engine.native, this.options)
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
    try {
      this.#engine.checkOpen()
      return this.#engine.runner.run(task, options)
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
    return this.#engine.runner.cancel(id, reason)
  }

  /**
   * How far the task has come that was given this `id` in this thread.
   *
   * @returns `'queued'` until a worker begins it, then `'running'`; undefined if there is none, or it has settled
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  stateOf(id: string): 'queued' | 'running' | undefined {
    return this.#engine.runner.stateOf(id)
  }

  /**
   * Runs one task whose function is a generator, or returns something that can be iterated, and yields its items as they
   * come; the `value` of the last result is what the generator returns. The worker is never more than `highWaterMark` items
   * ahead. Nothing runs before the first `next()`. Leaving the loop early cancels the task: its generator returns,
   * so that `finally` blocks run. The task holds one place of a worker's `concurrency` until it ends.
   *
   * @returns an iterator that throws what the task throws, or an ERR_HATCHERY_* error as `run` rejects with, after the
   * items that came before
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
   */
  stream<Item = any, Return = any>(task?: T | StreamSource, options?: StreamOptions): ItemIterator<Item, Return> {
    return this.#engine.streams.stream([task], options)
  }

  /**
   * Runs one task and blocks this thread until it has settled, also while the pool is still starting. Nothing else runs
   * in this thread meanwhile, promises of other tasks included; other threads and the workers go on.
   *
   * @returns what the function returns
   * @throws what it throws, with the caller's stack below the worker's, or what {@link Pool.run} would reject with
   */
  runSync<Result = R>(task?: T, options?: RunSyncOptions): Result {
    this.#engine.checkOpen()
    return this.#engine.syncRunner.run(task, options, this.runSync) as Result
  }

  /**
   * The exported functions of the worker module as functions of this process, typed by the module:
   * `pool.tasks<typeof import('./worker.js')>().resize(buffer, { width: 200 })`. Each has a form that blocks, as
   * {@link Pool.runSync} does: `.resize.sync(buffer, { width: 200 })`. Generators are called by `stream`:
   * `tasks.lines.stream(path)`.
   */
  tasks<Module = Record<string, (...parameters: any[]) => Promise<any>>>(): Tasks<Module> {
    return tasksOf(this.#engine)
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
    return mapItems(items, options, maxWorkers * concurrency, (item, run) => this.run<Result>(item, run))
  }

  /**
   * Memory that the host shares with its workers. Passed to a task or returned by one it travels as a handle: no byte of
   * it is copied. Filled with zeros, which take up no memory until they are written over.
   *
   * @param bytes how many, at least 1
   * @throws ERR_HATCHERY_SHARED_MEMORY_FULL if `maxSharedMemory` does not allow it, ERR_HATCHERY_OUT_OF_DESCRIPTORS,
   * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  alloc(bytes: number, options: AllocOptions = {}): SharedBytes {
    return this.#engine.alloc(checkAlloc(bytes, options))
  }

  /**
   * Sets how many workers there are from now on: so many, or at least `min` and at most `max`. Workers that are too many
   * take no more tasks and leave when they have ended what they have begun.
   *
   * @returns fulfilled once there are that many, or as many as a later call asked for; rejects with
   * ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED, or what the pool failed with
   */
  async resize(size: number | PoolSize): Promise<void> {
    return this.#engine.resize(size)
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
    return this.#engine.reload(options)
  }

  /**
   * Replaces one worker, or all of them, some at a time, by new ones from the same code: another one is ready before the
   * old one gets no more tasks, and what it has begun it ends. The event `recycle` tells of each. For other code there is
   * {@link Pool.reload}.
   *
   * @param workerId the pool's number for the worker, as in `pool.stats().workers`
   * @returns how many will be replaced; 0 if there is no such worker, or it is about to leave anyway
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  recycle(workerId?: number): number {
    return this.#engine.recycle(workerId)
  }

  /**
   * From now on tells the service manager at this socket that all is well, twice within so many microseconds.
   *
   * @internal
   */
  watch(socket: string, microseconds: number): void {
    this.#engine.watch(socket, microseconds)
  }

  /**
   * Changes options while the pool runs, all of those given or, if one is no good, none. What is left out stays as it is;
   * what is `undefined` gets its default back. They hold at once, with two exceptions: limits of a task (`taskTimeout`,
   * `queueTimeout`, `retries`) for tasks submitted from now on, and what a worker is told as it starts (`maxTasks`, `maxAge`,
   * `rlimits`, `nice`, `oomScoreAdj`) for workers started from now on, which are all of them after a {@link Pool.reload}.
   * `maxQueue` and its marks depend on one another, so those that were left to their defaults follow.
   *
   * For other options there are {@link Pool.resize} and {@link Pool.reload}; `startMethod`, `concurrency`, `affinity`,
   * `sandbox` and `cgroup` are for the life of the pool.
   *
   * @returns names of the options that are not as they were
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  configure(options: ConfigureOptions): ConfigureOption[] {
    return this.#engine.configure(options)
  }

  /**
   * Takes no more tasks, waits for those there are, and ends the workers. What a time limit leaves is cancelled.
   *
   * @returns settles once nothing of the pool is left, with the number of tasks that were not waited for; never rejects
   * but for ERR_HATCHERY_INVALID_OPTION
   */
  async close(options: CloseOptions = {}): Promise<CloseReport> {
    return this.#engine.close(checkClose(options, this.options.closeTimeout))
  }

  /**
   * Rejects all pending tasks with ERR_HATCHERY_POOL_CLOSED and kills the workers.
   *
   * @returns settles once nothing of the pool is left, with the number of tasks that were pending; never rejects
   */
  async destroy(): Promise<CloseReport> {
    return this.#engine.destroy()
  }

  /**
   * Keeps this process alive as long as the pool is open. Without this, or {@link Pool.unref}, it is kept alive while the
   * pool starts, while tasks are pending and while it closes.
   */
  ref(): this {
    if (!this.#engine.lifecycle.isClosing) this.#engine.liveness.wish(true)
    return this
  }

  /** Lets this process end, and the pool with it, even though tasks are pending. A pool that closes is waited for. */
  unref(): this {
    if (!this.#engine.lifecycle.isClosing) this.#engine.liveness.wish(false)
    return this
  }

  /** As {@link Pool.close}. */
  async [asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Tasks that have killed too many workers (`maxCrashes`), until the pool is closed. */
  get quarantine(): Quarantine {
    return this.#engine.quarantine
  }

  /** The last crashes of workers, oldest first; at most 50. In the thread that has made the pool. */
  get crashes(): readonly CrashInfo[] {
    return this.#engine.crashes.list
  }

  /**
   * The options in force, defaults included; {@link Pool.reload}, {@link Pool.resize} and {@link Pool.configure} change them, a
   * moment later also those that the other threads of the pool see. In a thread that has attached to it they are without
   * `workerData`.
   */
  get options(): ResolvedPoolOptions {
    return this.#engine.options
  }

  /**
   * Fulfilled once the pool can run tasks: its first worker is up or, with `minWorkers: 0`, could be started. Rejects
   * with the error if the pool cannot start.
   */
  get ready(): Promise<void> {
    return this.#engine.lifecycle.ready
  }

  /** True from `close` or `destroy` on. */
  get closing(): boolean {
    return this.#engine.lifecycle.isClosing
  }

  /** True once nothing of the pool is left. */
  get closed(): boolean {
    return this.#engine.lifecycle.isClosed
  }

  /** Tasks that wait for a worker, those of other threads included. */
  get queueSize(): number {
    return this.#engine.figures.queueSize
  }

  /**
   * True from when so many tasks of this thread wait as `queueHighWaterMark` says until fewer do than `queueLowWaterMark`. Whoever
   * submits from a source that can wait does so until `'drain'`.
   */
  get needsDrain(): boolean {
    return this.#engine.pending.crowded
  }

  /** Tasks of this thread that are not settled. */
  get pending(): number {
    return this.#engine.pending.size
  }

  /** Tasks of this thread that were fulfilled; those of all threads: `stats().completed`. */
  get completed(): number {
    return this.#engine.pending.completed
  }

  /** Milliseconds since the pool was made. */
  get duration(): number {
    return this.#engine.figures.duration
  }

  /** The workers there are. */
  get workers(): readonly WorkerStats[] {
    return this.stats().workers
  }

  /** As `workers`; piscina's name. */
  get threads(): readonly WorkerStats[] {
    return this.workers
  }

  /**
   * The pool's metrics in Prometheus's text format, version 0.0.4; empty once the pool is closed. They are those of the whole
   * pool, but for tasks that other threads keep back.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  metrics(options: MetricsOptions = {}): string {
    return this.#engine.figures.metrics(options)
  }

  /**
   * The same as objects, for other formats.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  metricFamilies(options: MetricsOptions = {}): MetricFamily[] {
    return this.#engine.figures.metricFamilies(options)
  }

  /** Whether the pool works, and whether it is ready for tasks; with what that follows from. The driver is turned for it. */
  health(): PoolHealth {
    return this.#engine.figures.health()
  }

  /** How long tasks waited and ran, as piscina shows it. */
  get histogram(): PoolHistogram {
    return this.#engine.figures.histogram
  }

  /**
   * Share of the time of all workers there may be (`maxWorkers` times `concurrency`), since the pool was made, that was
   * spent in tasks: from 0 to 1. 0 with `recordTiming: false`.
   */
  get utilization(): number {
    return this.#engine.figures.utilization
  }

  /**
   * A snapshot of all figures, those of other threads that use the pool included. Memory and processor time of workers are
   * read from the kernel now, some microseconds a worker.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  stats(options: StatsOptions = {}): PoolStats {
    return this.#engine.figures.stats(options)
  }
}
