import { nextTick } from 'node:process'
import type { Arena } from '../lane/arena.js'
import type { LaneView, RingView } from '../lane/lane-view.js'
import {
  ANNOUNCE_START,
  ATTEMPT_MASK,
  COMPLETION_COMPLETED,
  FLAGS_WORD,
  FUNCTION_WORD,
  HEADER,
  KIND_WORD,
  PUBLISHED,
  REHEARSE,
  REPORT_START,
  RUN,
  SLOT_WORDS,
  STAMP_WORD,
  STARTED,
  TASK_GENERATION_WORD,
  TASK_INDEX_WORD,
} from '../lane/layout.js'
import { isMoved } from '../segments/move.js'
import type { SegmentTable } from '../segments/segment-table.js'
import type { Carrier } from '../tracing/carrier.js'
import { monotonicMicroseconds } from './clock.js'
import type { CompletionWriter } from './completion-writer.js'
import type { WorkerConfig } from './config.js'
import { runInSpan } from './consumer-span.js'
import { type FunctionEntry, undefinedFunction } from './function-table.js'
import type { KnownFunctions } from './known-functions.js'
import { Loans } from './loans.js'
import { completeMoved, fail } from './outcome.js'
import { Pace } from './pace.js'
import { Patience } from './patience.js'
import { PayloadReader } from './payload-reader.js'
import type { PrintingTask } from './printing.js'
import { rehearse } from './rehearsal.js'
import type { WorkerState } from './state.js'
import { Stopwatch } from './stopwatch.js'
import type { StreamCall } from './stream-call.js'
import { StreamTask } from './stream-task.js'
import { type RunningTask, taskId } from './task-context.js'
import { TaskContexts } from './task-contexts.js'
import type { TaskLane } from './task-lane.js'
import { YieldClock } from './yield-clock.js'

const HEARTBEAT = HEADER.workerHeartbeat >> 2

/** Resolves like `await` does: a promise as it is, any other thenable adopted. */
const promised = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>

/**
 * Reads submissions and runs them. A synchronous task costs no promise and no object; an asynchronous one is
 * begun, and as long as fewer than `concurrency` are, so is the next.
 */
export class TaskLoop {
  readonly #payloads: PayloadReader
  readonly #view: LaneView
  readonly #words: Int32Array
  readonly #ring: RingView
  readonly #writer: CompletionWriter
  readonly #state: WorkerState
  readonly #concurrency: number
  /** Asynchronous tasks may run beside each other. */
  readonly #overlapping: boolean
  readonly #known: KnownFunctions
  readonly #functions: (FunctionEntry | undefined)[]
  readonly #clock = new YieldClock()
  readonly #patience: Patience
  readonly #pace: Pace
  /** Undefined: how long tasks take is not recorded. */
  readonly #stopwatch: Stopwatch | undefined
  /** Those of tasks that somebody can see. */
  readonly contexts: TaskContexts
  /** Next position to read. */
  #head: number
  /** Asynchronous tasks under way. */
  #active = 0
  /** `run` is on the stack. */
  #running = false
  /** `run` waits for the event loop to get round. */
  #yielding = false
  /** A rehearsal was the last that it has done. */
  #rehearsed = false
  /** `#settleDown` is scheduled. */
  #settling = false

  constructor(
    view: LaneView,
    arena: Arena,
    writer: CompletionWriter,
    lane: TaskLane,
    segments: SegmentTable,
    state: WorkerState,
    { concurrency }: Pick<WorkerConfig, 'concurrency'>,
    known: KnownFunctions,
    functions: (FunctionEntry | undefined)[] = [],
  ) {
    const loans = new Loans(lane, () => this.isBusy)
    this.#payloads = new PayloadReader(view, arena, lane, loans, segments)
    this.#patience = new Patience(lane)
    this.#pace = new Pace(view.words, HEADER.workerPace >> 2)
    this.#stopwatch = Stopwatch.of(view)
    this.#view = view
    this.#words = view.words
    this.#ring = view.submissions
    this.#writer = writer
    this.#state = state
    this.contexts = new TaskContexts(writer, state)
    this.#concurrency = concurrency
    this.#overlapping = concurrency > 1
    this.#known = known
    this.#functions = functions
    this.#head = Atomics.load(view.words, view.submissions.head)
  }

  /** An asynchronous task is under way. */
  get isBusy(): boolean {
    return this.#active > 0
  }

  /** Where in the ring the next task is: another place with each that begins. */
  get position(): number {
    return this.#head
  }

  /** The host has something for the streams of a task. One that has ended has no use for it. */
  hear(...message: Parameters<TaskContexts['hear']>): void {
    const [, , , , payload, mentions] = message
    if (!this.contexts.hear(...message) && mentions > 0) this.#payloads.discardChunk(payload!, mentions)
  }

  /** Runs what there is, until the ring is empty, enough is under way, or others must have their turn. */
  run(): void {
    if (this.#running || this.#yielding) return
    this.#running = true
    const words = this.#words
    const writer = this.#writer
    const { clock } = writer
    const { tail: tailWord, head: headWord, parked, slots, mask } = this.#ring
    let head = this.#head
    let tail = Atomics.load(words, tailWord)
    // Awake without having been woken, by a task that has ended.
    if (head !== tail && words[parked] === 1) Atomics.store(words, parked, 0)
    while (this.#active < this.#concurrency) {
      if (head === tail) {
        Atomics.store(words, headWord, head)
        this.#writer.wake()
        this.#stopwatch?.stop()
        // With asynchronous tasks under way the event loop is where to wait.
        tail = this.#active === 0 && this.#waitAwake(head) ? Atomics.load(words, tailWord) : this.#park(head)
        if (head === tail) break
      }
      if ((this.#clock.isDue() || writer.wokeHost || this.#clock.isLate(words, clock)) && this.#yield()) break
      const slot = slots + (head & mask) * SLOT_WORDS
      head = (head + 1) | 0
      this.#head = head
      this.#patience.count()
      this.#pace.count()
      if (words[slot + KIND_WORD] === RUN) {
        // The host takes tasks back by the same exchange: exactly one of us gets it.
        if (Atomics.compareExchange(words, slot, PUBLISHED, STARTED) === PUBLISHED) this.#begin(slot)
        else this.#payloads.discard(slot)
      } else if (words[slot + KIND_WORD] === REHEARSE) {
        this.#rehearse(slot)
      } else {
        this.#define(slot)
      }
    }
    Atomics.store(words, headWord, head)
    if (this.#overlapping) this.#stopwatch?.stop()
    this.#running = false
    if (this.#yielding) this.#writer.wake()
    else if (this.#active >= this.#concurrency) this.#settleLater()
  }

  /** Runs what there is, called from the event loop. */
  runFresh(): void {
    // Here and not with each task: a task that has ended is heard of, and the host asks others by waking the loop.
    this.#words[HEARTBEAT]!++
    const now = this.#clock.restart()
    this.#patience.wake(now)
    this.#pace.start(now)
    // The host may only have asked whether the loop turns.
    if (this.#active === 0 || this.#overlapping) this.#stopwatch?.start(now)
    this.#rehearsed = false
    this.run()
  }

  #waitAwake(head: number): boolean {
    if (this.#rehearsed || !this.#patience.wait(head)) return false
    // The wait is part of the stretch now, which says nothing any more.
    this.#pace.start(0)
    this.#stopwatch?.start(this.#clock.resume())
    return true
  }

  /**
   * The task whose code runs now, found without having kept account of it: while one runs at a time, it is the last that
   * was taken from the ring, where its slot still lies.
   */
  get running(): PrintingTask | undefined {
    const { storage } = this.#state
    if (storage !== undefined) return storage.getStore() as RunningTask | undefined
    if (!this.#running && this.#active === 0) return undefined
    const slot = this.#ring.slots + ((this.#head - 1) & this.#ring.mask) * SLOT_WORDS
    const words = this.#words
    if (words[slot + KIND_WORD] !== RUN) return undefined
    return {
      index: words[slot + TASK_INDEX_WORD]!,
      generation: words[slot + TASK_GENERATION_WORD]!,
      functionId: words[slot + FUNCTION_WORD]!,
    }
  }

  /** Announces sleep, unless the ring is not empty after all. Returns the tail. */
  #park(head: number): number {
    const words = this.#words
    const { tail, parked } = this.#ring
    // Counterpart of `Producer::wake_needed` in Rust: both accesses are sequentially consistent.
    Atomics.store(words, parked, 1)
    const now = Atomics.load(words, tail)
    if (now !== head) Atomics.store(words, parked, 0)
    else this.#pace.stop(this.#patience.sleep())
    return now
  }

  /** Looks at the clock. Lets the event loop get round, if it has waited for long enough. */
  #yield(): boolean {
    // Waking the host costs far more than a look, and means that it had nothing to do: tasks may take long.
    this.#writer.wokeHost = false
    const now = this.#clock.look()
    this.#stopwatch?.look(now)
    if (!this.#clock.isTimeUp(now)) return false
    this.#yielding = true
    setImmediate(() => {
      this.#yielding = false
      this.runFresh()
    })
    return true
  }

  /** Wakes the host once the microtasks are done: they may end more tasks, and begin others. */
  #settleLater(): void {
    if (this.#settling) return
    this.#settling = true
    nextTick(() => {
      this.#settling = false
      this.#writer.wake()
    })
  }

  #begin(slot: number): void {
    const words = this.#words
    const index = words[slot + TASK_INDEX_WORD]!
    const generation = words[slot + TASK_GENERATION_WORD]!
    const flags = words[slot + FLAGS_WORD]!
    this.#stopwatch?.begin(words[slot + STAMP_WORD]!)
    if ((flags & REPORT_START) !== 0) this.#reportStart(index, generation, (flags & ANNOUNCE_START) !== 0)
    const entry = this.#functions[words[slot + FUNCTION_WORD]!]
    if (this.#state.tracked || entry === undefined || entry.call === undefined) {
      this.#beginSlowly(slot, index, generation, flags & ATTEMPT_MASK)
      return
    }
    let result: unknown
    try {
      const argument = this.#payloads.take(slot)
      const { call } = entry
      result = entry.spread ? call(...(argument as unknown[])) : call(argument)
    } catch (error) {
      fail(this.#writer, index, generation, error)
      this.#stopwatch?.end()
      return
    }
    if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') {
      this.#follow(promised(result), index, generation, undefined)
    } else {
      this.#complete(index, generation, result)
      this.#stopwatch?.end()
    }
  }

  #reportStart(index: number, generation: number, announce: boolean): void {
    this.#writer.writeStarted(index, generation, monotonicMicroseconds())
    if (announce) this.#writer.wake()
  }

  /** As {@link #begin}, for a task that has a context, of whichever kind, or whose module is not loaded yet. */
  #beginSlowly(slot: number, index: number, generation: number, attempt: number): void {
    let context: RunningTask | undefined
    try {
      const functionId = this.#words[slot + FUNCTION_WORD]!
      const entry = this.#functions[functionId]
      const traced = entry?.carrier === true ? this.#payloads.takeTraced(slot, entry.stream) : undefined
      if (entry?.stream === true) {
        context = this.contexts.track(index, generation, functionId, attempt)
        const call = (traced?.value as StreamCall | undefined) ?? this.#payloads.takeStreamCall(slot)
        this.#beginStream(context, entry, call, traced?.carrier)
        return
      }
      const argument = traced === undefined ? this.#payloads.take(slot) : traced.value
      if (entry === undefined) throw undefinedFunction(functionId)
      const invoke = () => {
        // Looked at only now: loading the module may be what loads `hatchery/worker`.
        if (this.#state.tracked) context = this.contexts.track(index, generation, functionId, attempt)
        const call = entry.target!
        return entry.spread
          ? this.contexts.within(context, call, argument as unknown[])
          : this.contexts.within(context, call, [argument])
      }
      const run = () => (entry.target === undefined ? entry.load().then(invoke) : invoke())
      const result = traced === undefined ? run() : this.#inSpan(entry, traced.carrier, index, generation, attempt, run)
      if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') {
        this.#follow(promised(result), index, generation, () => context)
      } else {
        this.contexts.untrack(context)
        this.#complete(index, generation, result)
        this.#stopwatch?.end()
      }
    } catch (error) {
      this.contexts.untrack(context)
      fail(this.#writer, index, generation, error)
      this.#stopwatch?.end()
    }
  }

  /** As {@link #begin}, for a task that is a stream or was given one. */
  #beginStream(context: RunningTask, entry: FunctionEntry, call: StreamCall, carrier: Carrier | undefined): void {
    const { index, generation, attempt } = context
    const stream = new StreamTask(call, {
      index,
      generation,
      writer: this.#writer,
      read: (payload, mentions) => this.#payloads.takeChunk(payload, mentions),
      within: (run) => this.contexts.within(context, run, []) as ReturnType<typeof run>,
      settleLater: () => this.#settleLater(),
    })
    context.stream = stream
    const run = () => entry.load().then((task) => this.contexts.within(context, () => stream.run(task), []))
    const running = carrier === undefined ? run() : this.#inSpan(entry, carrier, index, generation, attempt, run)
    this.#follow(running, index, generation, () => context)
  }

  /** Runs a task with which the context of a trace has come. */
  #inSpan<T>(
    { name }: FunctionEntry,
    carrier: Carrier,
    index: number,
    generation: number,
    attempt: number,
    run: () => T,
  ): T {
    const id = taskId(index, generation)
    return runInSpan({ carrier, name, id, attempt, workerId: this.#state.workerId }, run)
  }

  /** Completes the task when its promise settles, and goes on reading. */
  #follow(
    promise: Promise<unknown>,
    index: number,
    generation: number,
    contextOf: (() => RunningTask | undefined) | undefined,
  ): void {
    this.#active++
    this.#pace.spoil()
    const began = this.#overlapping ? this.#stopwatch?.split(performance.now()) : undefined
    promise.then(
      (value) => {
        this.#active--
        this.contexts.untrack(contextOf?.())
        this.#complete(index, generation, value)
        this.#ended(began)
        this.run()
      },
      (error: unknown) => {
        this.#active--
        this.contexts.untrack(contextOf?.())
        fail(this.#writer, index, generation, error)
        this.#ended(began)
        this.run()
      },
    )
  }

  /** An asynchronous task has ended. */
  #ended(began: number | undefined): void {
    const stopwatch = this.#stopwatch
    if (stopwatch === undefined) return
    if (began === undefined) {
      stopwatch.end()
      return
    }
    const now = performance.now()
    stopwatch.endSplit(began, now)
    stopwatch.start(now)
  }

  #complete(index: number, generation: number, value: unknown): void {
    try {
      if (isMoved(value)) completeMoved(this.#writer, index, generation, value)
      else this.#writer.write(COMPLETION_COMPLETED, index, generation, value)
    } catch (error) {
      fail(this.#writer, index, generation, error)
    }
  }

  #rehearse(slot: number): void {
    rehearse(this.#view, slot, this.#functions, () => this.#begin(slot))
    this.#stopwatch?.forget()
    this.#pace.spoil()
    // The next one, or the first task, is to find it asleep.
    this.#rehearsed = true
  }

  #define(slot: number): void {
    const define = (bytes: Uint8Array, start: number, length: number) => this.#known.define(bytes, start, length)
    this.#functions[this.#words[slot + FUNCTION_WORD]!] = this.#payloads.takeWith(slot, define)
  }
}
