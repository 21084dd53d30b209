import { callNative } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import { SegmentTable } from '../segments/segment-table.js'
import type { SharedBytes } from '../segments/shared-bytes.js'
import { type AllocRequest, allocate } from './alloc.js'
import { BackPressure } from './back-pressure.js'
import { checkInteger } from './check.js'
import { type CloseReport, type CloseTimes, checkClose, limitClose } from './closing.js'
import { type ConfigureOption, type ConfigureOptions, configurable, resolveConfigure } from './configure.js'
import { Crashes } from './crashes.js'
import { DriverEvents } from './driver-events.js'
import type { Face } from './face.js'
import { cutOffError, queueTimeoutError } from './failure.js'
import { Figures } from './figures.js'
import { FunctionTable } from './functions.js'
import { Garbage } from './garbage.js'
import { Attachment } from './handle.js'
import { Lifecycle } from './lifecycle.js'
import { Liveness } from './liveness.js'
import { PoolLog } from './log.js'
import { toNativeOptions } from './native-options.js'
import { makeNativePool, startNativePool } from './native-pool.js'
import { PendingTasks } from './pending.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { heedSignals } from './process-signals.js'
import { Quarantine } from './quarantine.js'
import { Recovery } from './recovery.js'
import { notOwner, Reloading, type ReloadOptions, resolveReload } from './reload.js'
import { resolveOptions } from './resolve-options.js'
import { SyncRunner } from './run-sync.js'
import { TaskRunner } from './runner.js'
import { Settlement } from './settlement.js'
import { shareOptions } from './shared-options.js'
import { checkSize, type PoolSize, Sizing } from './sizing.js'
import { StreamRunner } from './stream-runner.js'
import { Submission } from './submission.js'
import { TaskDefaults } from './task-defaults.js'
import { isActivityWatched } from './tracing/channels.js'
import { TaskObserver } from './tracing/task-observer.js'
import { WaitingRoom } from './waiting-room.js'

/** Workers are numbered in 32 bits. */
const MAX_WORKER_ID = 0xffff_ffff

/** What a pool is made of, how the parts hang together, and how it ends. The Pool is what users see of it. */
export class Engine {
  readonly lifecycle = new Lifecycle()
  readonly pending = new PendingTasks()
  readonly native: NativePool
  readonly figures: Figures
  readonly liveness: Liveness
  readonly segments: SegmentTable
  readonly garbage: Garbage
  readonly submission: Submission
  readonly streams: StreamRunner
  readonly runner: TaskRunner
  readonly syncRunner: SyncRunner
  readonly recovery: Recovery
  readonly quarantine: Quarantine
  readonly sizing: Sizing
  readonly backPressure: BackPressure
  readonly functions: FunctionTable
  readonly taskDefaults: TaskDefaults
  readonly reloading: Reloading
  /** Whether the pool was made in this thread, and not attached to. */
  readonly isOwner: boolean
  readonly face: Face
  readonly crashes = new Crashes()
  /** Undefined without a logger. */
  readonly log: PoolLog | undefined
  /** The options in force. */
  options: ResolvedPoolOptions
  /** What of them can be configured, as the user gave it. */
  #configured: ConfigureOptions
  /** Takes back what listens to signals. */
  ignoreSignals: () => void = () => {}
  /** The driver tells which workers are busy. */
  #observesWorkers = false
  /** Tasks that the end of the pool has not waited for. */
  #cancelled = 0

  /** @throws as the constructor of Pool */
  constructor(options: PoolOptions, face: Face) {
    const attachment = options instanceof Attachment ? options : undefined
    this.face = face
    this.options = attachment?.options ?? resolveOptions(options)
    this.#configured = attachment === undefined ? configurable(options) : {}
    this.isOwner = attachment === undefined
    this.native = attachment?.native ?? makeNativePool(this.options)
    this.functions = new FunctionTable(this.native, this.options.filename !== undefined)
    this.log = this.#makeLog()
    this.reloading = new Reloading(this.native)
    this.liveness = new Liveness(this.native)
    this.sizing = new Sizing(this.native, this.liveness)
    this.segments = this.#makeSegments()
    this.submission = new Submission(this.native, this.pending, this.liveness, this.segments, (limit, functionId) =>
      queueTimeoutError(limit, this.functions.nameOf(functionId)),
    )
    this.garbage = new Garbage(this.segments, () => this.submission.isEncoding)
    this.submission.onLarge = (length) => {
      if (!this.native.hasRoom(length)) this.garbage.collect()
    }
    this.figures = new Figures(this)
    this.#arrangeWaiting()
    this.submission.onUnseen = () => this.#afterSettling()
    this.backPressure = new BackPressure(
      this.pending,
      this.submission,
      () => face.emitLater('needsDrain'),
      () => face.emitLater('drain'),
    )
    this.recovery = new Recovery(
      this.options,
      (functionId) => this.functions.nameOf(functionId),
      (question, strategy) => this.native.decide(question, strategy),
    )
    const { native, functions, pending, submission } = this
    this.taskDefaults = new TaskDefaults(this.options)
    const { taskDefaults } = this
    const checkOpen = () => this.checkOpen()
    const observer = new TaskObserver(face.pool, this.options.tracing !== false)
    const { filename } = this.options
    const { segments } = this
    this.streams = new StreamRunner(native, functions, pending, submission, segments, taskDefaults, checkOpen, observer)
    this.runner = new TaskRunner(native, functions, pending, submission, this.streams, taskDefaults, observer)
    const { recovery } = this
    this.syncRunner = new SyncRunner(native, functions, pending, submission, segments, taskDefaults, recovery, observer)
    this.quarantine = new Quarantine(native, this.segments, this.runner, filename, taskDefaults, checkOpen)
    this.#start()
  }

  /** @throws what says why the pool takes no tasks, if it does not */
  checkOpen(): void {
    if (!this.lifecycle.accepting) throw this.lifecycle.refusal()
  }

  /**
   * Other options for the pool as it runs, all or none of them.
   *
   * @returns names of those that are not as before
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  configure(given: ConfigureOptions): ConfigureOption[] {
    const { configured, options, changed } = resolveConfigure(given, this.#configured, this.options)
    this.checkOpen()
    if (!this.isOwner) throw notOwner('configured')
    // What waits here has been promised a place, which a limit of the driver's might deny it.
    if (options.queuePolicy !== 'wait') this.submission.setRoom(undefined)
    try {
      callNative(() => this.native.configure(toNativeOptions(options)))
    } catch (error) {
      this.#arrangeWaiting()
      throw error
    }
    this.options = options
    this.#configured = configured
    this.taskDefaults.set(options)
    this.recovery.configure(options)
    this.#arrangeWaiting()
    this.backPressure.setMarks(options)
    if (changed.includes('handleSignals')) this.#heedSignals()
    return changed
  }

  /** @throws ERR_HATCHERY_SHARED_MEMORY_FULL, ERR_HATCHERY_OUT_OF_DESCRIPTORS, ERR_HATCHERY_POOL_CLOSED */
  alloc(request: AllocRequest): SharedBytes {
    this.checkOpen()
    return allocate(this.native, this.segments, this.garbage, request)
  }

  /** From now on tells the service manager at this socket that all is well, twice within so many microseconds. */
  watch(socket: string, microseconds: number): void {
    callNative(() => this.native.watch(socket, microseconds))
  }

  /**
   * Another number of workers. Settles once there are that many.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_POOL_CLOSED
   */
  resize(size: number | PoolSize): Promise<void> {
    const { min, max } = checkSize(size, this.options)
    this.checkOpen()
    const reached = this.sizing.resize(min, max)
    this.changeOptions({ minWorkers: min, maxWorkers: max, minThreads: min, maxThreads: max })
    shareOptions(this.native, 'size', this.options)
    return reached
  }

  /** Replaces one worker, or all. Returns how many. */
  recycle(workerId: number | undefined): number {
    if (workerId !== undefined) checkInteger('workerId', workerId, 1, MAX_WORKER_ID)
    this.checkOpen()
    return this.native.recycle(workerId)
  }

  /**
   * The code of the workers anew. Settles once the last old worker has left.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION and such
   */
  reload(options: ReloadOptions): Promise<void> {
    const changed = resolveReload(options)
    this.checkOpen()
    if (!this.isOwner) throw notOwner('reloaded')
    const reloaded = this.reloading.begin(this.options, changed)
    this.liveness.hold()
    return reloaded.finally(() => this.liveness.release())
  }

  /** Ends the pool once its tasks have settled, or the time is up. */
  async close(times: CloseTimes): Promise<CloseReport> {
    if (this.#beginClosing()) {
      this.submission.letIn(true)
      this.submission.flush()
      this.native.close()
    }
    const stop = limitClose(times, {
      giveUp: () => void this.destroy(),
      endUnreadStreams: (looks) => {
        this.#cancelled += this.streams.endUnread(looks, cutOffError())
      },
    })
    await this.lifecycle.closed
    stop()
    return { cancelled: this.#cancelled }
  }

  /** Ends the pool now. */
  async destroy(): Promise<CloseReport> {
    if (!this.lifecycle.isClosed) {
      this.#beginClosing()
      this.#cancelled += this.pending.size
      this.submission.discard()
      this.pending.rejectAll(this.lifecycle.cutOff())
      this.onIdle()
      this.native.destroy()
    }
    await this.lifecycle.closed
    return { cancelled: this.#cancelled }
  }

  /** Takes up options that have changed. */
  changeOptions(changes: Partial<ResolvedPoolOptions> | undefined): void {
    this.options = Object.freeze({ ...this.options, ...changes })
    this.functions.hasDefault = this.options.filename !== undefined
    this.backPressure.setMarks(this.options)
  }

  /** No task is pending any more. */
  onIdle(): void {
    this.pending.crowded = false
    if (this.liveness.idle()) this.face.emitLater('drain')
  }

  #start(): void {
    const events = new DriverEvents(this)
    const settlement = new Settlement(
      this.native,
      this.pending,
      this.functions,
      this.segments,
      (event) => events.take(event),
      (question) => this.recovery.answer(question),
    )
    startNativePool(this.native, (buffer, length, large) => {
      settlement.readBatch(buffer, length, large)
      this.#afterSettling()
    })
    this.backPressure.setMarks(this.options)
    this.liveness.hold()
    if (this.isOwner) this.liveness.onBusy = () => this.#watchActivity()
    if (!this.isOwner) return
    const { filename, startMethod, minWorkers, maxWorkers } = this.options
    this.log?.say('info', { filename, startMethod, minWorkers, maxWorkers }, 'the pool starts')
    this.#heedSignals()
  }

  /** Somebody listens to what workers do, or nobody any more: looked at with each batch. */
  #watchActivity(): void {
    const wanted = isActivityWatched()
    if (wanted === this.#observesWorkers) return
    this.#observesWorkers = wanted
    if (!this.lifecycle.isClosed) this.native.observeWorkers(wanted)
  }

  #afterSettling(): void {
    this.log?.refresh()
    this.#watchActivity()
    this.backPressure.afterSettling()
    if (this.pending.size === 0) this.onIdle()
  }

  #beginClosing(): boolean {
    if (!this.lifecycle.beginClosing()) return false
    this.liveness.wish(undefined)
    this.liveness.hold()
    this.reloading.fail(this.lifecycle.refusal())
    return true
  }

  #makeLog(): PoolLog | undefined {
    const { logger } = this.options
    if (logger === undefined) return undefined
    return new PoolLog(
      logger,
      (id) => this.functions.nameOf(id),
      (level) => this.native.setLogLevel(level),
      (message) => this.face.warnLater({ type: 'logger', message }),
    )
  }

  #makeSegments(): SegmentTable {
    return new SegmentTable(
      (number) => this.native.mapSegment(number),
      (number) => {
        // What is staged may mention it: from then on the driver holds it for the task.
        this.submission.flush()
        this.native.releaseSegment(number)
      },
    )
  }

  #arrangeWaiting(): void {
    const { queuePolicy, ageing, queueTimeout } = this.options
    const { submission } = this
    if (queuePolicy !== 'wait') submission.setRoom(undefined)
    else if (submission.room === undefined) submission.setRoom(new WaitingRoom(ageing, queueTimeout))
    else submission.room.setTimes(ageing, queueTimeout)
  }

  #heedSignals(): void {
    this.ignoreSignals()
    this.ignoreSignals = heedSignals(this.options.handleSignals, {
      closeBySignal: () => {
        const { signalCloseTimeout, closeTimeout } = this.options
        return this.close(checkClose({ timeout: signalCloseTimeout }, closeTimeout))
      },
      destroy: () => this.destroy(),
    })
  }
}
