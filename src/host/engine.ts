import type { NativePool } from '../native/index.js'
import { SegmentTable } from '../segments/segment-table.js'
import { BackPressure } from './back-pressure.js'
import { type CloseReport, type CloseTimes, checkClose, limitClose } from './closing.js'
import { DriverEvents } from './driver-events.js'
import type { Face } from './face.js'
import { closedError, queueTimeoutError } from './failure.js'
import { FunctionTable } from './functions.js'
import { Attachment } from './handle.js'
import { Lifecycle } from './lifecycle.js'
import { Liveness } from './liveness.js'
import { makeNativePool, startNativePool } from './native-pool.js'
import { PendingTasks } from './pending.js'
import type { PoolOptions, ResolvedPoolOptions } from './pool-options.js'
import { heedSignals } from './process-signals.js'
import { Quarantine } from './quarantine.js'
import { Recovery } from './recovery.js'
import { Reloading } from './reload.js'
import { resolveOptions } from './resolve-options.js'
import { SyncRunner } from './run-sync.js'
import { TaskRunner } from './runner.js'
import { Settlement } from './settlement.js'
import { Sizing } from './sizing.js'
import { StreamRunner } from './stream-runner.js'
import { Submission } from './submission.js'
import { WaitingRoom } from './waiting-room.js'

/** What a pool is made of, how the parts hang together, and how it ends. The Pool is what users see of it. */
export class Engine {
  readonly lifecycle = new Lifecycle()
  readonly pending = new PendingTasks()
  readonly native: NativePool
  readonly liveness: Liveness
  readonly segments: SegmentTable
  readonly submission: Submission
  readonly streams: StreamRunner
  readonly runner: TaskRunner
  readonly syncRunner: SyncRunner
  readonly recovery: Recovery
  readonly quarantine: Quarantine
  readonly sizing: Sizing
  readonly backPressure: BackPressure
  readonly functions: FunctionTable
  readonly reloading: Reloading
  /** Whether the pool was made in this thread, and not attached to. */
  readonly isOwner: boolean
  readonly face: Face
  /** The options in force. */
  options: ResolvedPoolOptions
  /** Takes back what listens to signals. */
  ignoreSignals: () => void = () => {}
  /** Tasks that the end of the pool has not waited for. */
  #cancelled = 0

  /** @throws as the constructor of Pool */
  constructor(options: PoolOptions, face: Face) {
    const attachment = options instanceof Attachment ? options : undefined
    this.face = face
    this.options = attachment?.options ?? resolveOptions(options)
    this.isOwner = attachment === undefined
    this.native = attachment?.native ?? makeNativePool(this.options)
    this.functions = new FunctionTable(this.native, this.options.filename !== undefined)
    this.reloading = new Reloading(this.native)
    this.liveness = new Liveness(this.native)
    this.sizing = new Sizing(this.native, this.liveness)
    this.segments = this.#makeSegments()
    this.submission = new Submission(
      this.native,
      this.pending,
      this.liveness,
      this.segments,
      this.#makeWaitingRoom(),
      (limit, functionId) => queueTimeoutError(limit, this.functions.nameOf(functionId)),
    )
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
    const { name, retries } = this.options
    const checkOpen = () => this.checkOpen()
    this.streams = new StreamRunner(native, functions, pending, submission, name, checkOpen)
    this.runner = new TaskRunner(native, functions, pending, submission, name, this.streams, retries)
    this.syncRunner = new SyncRunner(
      native,
      functions,
      pending,
      submission,
      this.segments,
      name,
      retries,
      this.recovery,
    )
    this.quarantine = new Quarantine(native, this.segments, this.runner, this.options.filename, retries, checkOpen)
    this.#start()
  }

  /** @throws what says why the pool takes no tasks, if it does not */
  checkOpen(): void {
    if (!this.lifecycle.accepting) throw this.lifecycle.refusal()
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
        this.#cancelled += this.streams.endUnread(looks, closedError())
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
      this.pending.rejectAll(this.lifecycle.refusal())
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
    if (!this.isOwner) return
    this.ignoreSignals = heedSignals(this.options.handleSignals, {
      closeBySignal: () => {
        const { signalCloseTimeout, closeTimeout } = this.options
        return this.close(checkClose({ timeout: signalCloseTimeout }, closeTimeout))
      },
      destroy: () => this.destroy(),
    })
  }

  #afterSettling(): void {
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

  #makeWaitingRoom(): WaitingRoom | undefined {
    const { queuePolicy, ageing, queueTimeout } = this.options
    return queuePolicy === 'wait' ? new WaitingRoom(ageing, queueTimeout) : undefined
  }
}
