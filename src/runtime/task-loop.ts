import { exit, nextTick } from 'node:process'
import { beforeReceiving, decode, decodeOwned, takeBytes } from '../codec/index.js'
import { encodeError } from '../errors/index.js'
import type { Arena } from '../lane/arena.js'
import type { LaneView, RingView } from '../lane/lane-view.js'
import {
  ATTEMPT_MASK,
  BLOCK,
  BLOCK_WORD,
  COMPLETION_COMPLETED,
  COMPLETION_FAILED,
  FLAGS_WORD,
  FUNCTION_WORD,
  HEADER,
  INLINE,
  KIND_WORD,
  LENGTH_WORD,
  LOCATION_WORD,
  MENTIONS_MASK,
  MENTIONS_SHIFT,
  PAYLOAD,
  PUBLISHED,
  REPORT_START,
  RUN,
  SLOT_WORDS,
  STARTED,
  TASK_GENERATION_WORD,
  TASK_INDEX_WORD,
} from '../lane/layout.js'
import type { WorkerLane } from '../native/types.js'
import { readMentioning, takeMentions } from '../segments/mentions.js'
import { isMoved, unwrapMoved } from '../segments/move.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import { cancelReason } from './cancel-reason.js'
import { monotonicMicroseconds } from './clock.js'
import type { CompletionWriter } from './completion-writer.js'
import type { WorkerConfig } from './config.js'
import { type FunctionDefinition, FunctionEntry, undefinedFunction } from './function-table.js'
import { type BlockLane, Loans } from './loans.js'
import { Pace } from './pace.js'
import { Patience } from './patience.js'
import type { WorkerState } from './state.js'
import { readStreamCall, type StreamCall } from './stream-call.js'
import { StreamTask } from './stream-task.js'
import { RunningTask } from './task-context.js'
import { YieldClock } from './yield-clock.js'

/** From this many bytes on the bytes of a payload stay where they are, or are copied in native code, which clears nothing. */
const LARGE = 128 * 1024

const HEARTBEAT = HEADER.workerHeartbeat >> 2

/** Resolves like `await` does: a promise as it is, any other thenable adopted. */
const promised = Promise.resolve.bind(Promise) as (value: unknown) => Promise<unknown>

/**
 * Reads submissions and runs them. A synchronous task costs no promise and no object; an asynchronous one is
 * begun, and as long as fewer than `concurrency` are, so is the next.
 */
export class TaskLoop {
  readonly #lane: Pick<WorkerLane, 'spin' | 'takePayload' | 'mentionSegment'>
  readonly #loans: Loans
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #ring: RingView
  readonly #arena: Arena
  readonly #writer: CompletionWriter
  readonly #segments: SegmentTable
  readonly #state: WorkerState
  readonly #concurrency: number
  /** URL of the pool's own module. */
  readonly #ownModule: string | undefined
  readonly #functions: (FunctionEntry | undefined)[]
  readonly #clock = new YieldClock()
  readonly #patience: Patience
  readonly #pace: Pace
  /** Contexts of tasks under way; only kept where somebody can see them. */
  readonly #contexts: RunningTask[] = []
  /** Next position to read. */
  #head: number
  /** Asynchronous tasks under way. */
  #active = 0
  /** `run` is on the stack. */
  #running = false
  /** `run` waits for the event loop to get round. */
  #yielding = false
  /** `#settleDown` is scheduled. */
  #settling = false
  /** To be called when no stream is under way any more. */
  #leave: (() => void) | undefined

  constructor(
    view: LaneView,
    arena: Arena,
    writer: CompletionWriter,
    lane: Pick<WorkerLane, 'spin' | 'takePayload' | 'mentionSegment'> & BlockLane,
    segments: SegmentTable,
    state: WorkerState,
    { concurrency, filename }: Pick<WorkerConfig, 'concurrency' | 'filename'>,
    functions: (FunctionEntry | undefined)[] = [],
  ) {
    this.#lane = lane
    this.#loans = new Loans(lane, () => this.#active > 0)
    this.#segments = segments
    this.#patience = new Patience(lane)
    this.#pace = new Pace(view.words, HEADER.workerPace >> 2)
    this.#words = view.words
    this.#bytes = view.bytes
    this.#ring = view.submissions
    this.#arena = arena
    this.#writer = writer
    this.#state = state
    this.#concurrency = concurrency
    this.#ownModule = filename
    this.#functions = functions
    this.#head = Atomics.load(view.words, view.submissions.head)
  }

  /** Runs what there is, until the ring is empty, enough is under way, or others must have their turn. */
  run(): void {
    if (this.#running || this.#yielding) return
    this.#running = true
    const words = this.#words
    const { tail: tailWord, head: headWord, parked, slots, mask } = this.#ring
    let head = this.#head
    let tail = Atomics.load(words, tailWord)
    // Awake without having been woken, by a task that has ended.
    if (head !== tail && words[parked] === 1) Atomics.store(words, parked, 0)
    while (this.#active < this.#concurrency) {
      if (head === tail) {
        Atomics.store(words, headWord, head)
        this.#writer.wake()
        // With asynchronous tasks under way the event loop is where to wait.
        tail = this.#active === 0 && this.#waitAwake(head) ? Atomics.load(words, tailWord) : this.#park(head)
        if (head === tail) break
      }
      const slot = slots + (head & mask) * SLOT_WORDS
      head = (head + 1) | 0
      this.#head = head
      this.#patience.count()
      this.#pace.count()
      if (words[slot + KIND_WORD] === RUN) {
        // The host takes tasks back by the same exchange: exactly one of us gets it.
        if (Atomics.compareExchange(words, slot, PUBLISHED, STARTED) === PUBLISHED) this.#begin(slot)
        else this.#discard(slot)
      } else {
        this.#define(slot)
      }
      if (this.#clock.isDue() && this.#yield()) break
    }
    Atomics.store(words, headWord, head)
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
    this.run()
  }

  /** The host does not want the result of this task any more; the rest as for {@link cancelReason}. */
  cancel(index: number, generation: number, limit: number, reason: ArrayBuffer | undefined): void {
    for (const context of this.#contexts) {
      if (context.index === index && context.generation === generation) context.abort(cancelReason(limit, reason))
    }
  }

  #waitAwake(head: number): boolean {
    if (!this.#patience.wait(head)) return false
    // The wait is part of the stretch now, which says nothing any more.
    this.#pace.start(0)
    return true
  }

  /** The host has something for the streams of a task. One that has ended has no use for it. */
  hear(kind: number, index: number, generation: number, number: number, payload: ArrayBuffer | undefined): void {
    for (const context of this.#contexts) {
      if (context.index === index && context.generation === generation) context.stream?.hear(kind, number, payload)
    }
  }

  /** Calls `leave` once the streams that the host has cancelled have ended: their `finally` blocks are to run. */
  afterStreams(leave: () => void): void {
    this.#leave = leave
    this.#leaveIfDone()
  }

  #leaveIfDone(): void {
    if (this.#contexts.every(({ stream }) => stream === undefined)) this.#leave?.()
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

  /** Lets the event loop get round, if it has waited for long enough. */
  #yield(): boolean {
    if (!this.#clock.isTimeUp()) return false
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
    if ((flags & REPORT_START) !== 0) this.#writer.writeStarted(index, generation, monotonicMicroseconds())
    const entry = this.#functions[words[slot + FUNCTION_WORD]!]
    if (this.#state.tracked || entry === undefined || entry.call === undefined) {
      this.#beginSlowly(slot, index, generation, flags & ATTEMPT_MASK)
      return
    }
    let result: unknown
    try {
      const argument = this.#take(slot)
      const { call } = entry
      result = entry.spread ? call(...(argument as unknown[])) : call(argument)
    } catch (error) {
      this.#fail(index, generation, error)
      return
    }
    if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') {
      this.#follow(promised(result), index, generation, undefined)
    } else {
      this.#complete(index, generation, result)
    }
  }

  /** As {@link #begin}, for a task that has a context or whose module is not loaded yet. */
  #beginSlowly(slot: number, index: number, generation: number, attempt: number): void {
    let context: RunningTask | undefined
    try {
      const functionId = this.#words[slot + FUNCTION_WORD]!
      const entry = this.#functions[functionId]
      if (entry?.stream === true) {
        context = this.#track(index, generation, attempt)
        this.#beginStream(
          context,
          entry,
          this.#takeWith(slot, (bytes, start, length) => readStreamCall(bytes.subarray(start, start + length))),
        )
        return
      }
      const argument = this.#take(slot)
      if (entry === undefined) throw undefinedFunction(functionId)
      const invoke = () => {
        // Looked at only now: loading the module may be what loads `hatchery/worker`.
        if (this.#state.tracked) context = this.#track(index, generation, attempt)
        const call = entry.call!
        return entry.spread
          ? this.#within(context, call, argument as unknown[])
          : this.#within(context, call, [argument])
      }
      const result = entry.call === undefined ? entry.load().then(invoke) : invoke()
      if (typeof result === 'object' && result !== null && typeof (result as { then?: unknown }).then === 'function') {
        this.#follow(promised(result), index, generation, () => context)
      } else {
        this.#untrack(context)
        this.#complete(index, generation, result)
      }
    } catch (error) {
      this.#untrack(context)
      this.#fail(index, generation, error)
    }
  }

  /** As {@link #begin}, for a task that is a stream or was given one. */
  #beginStream(context: RunningTask, entry: FunctionEntry, call: StreamCall): void {
    const { index, generation } = context
    const stream = new StreamTask(call, {
      index,
      generation,
      writer: this.#writer,
      within: (run) => this.#within(context, run, []) as ReturnType<typeof run>,
      settleLater: () => this.#settleLater(),
    })
    context.stream = stream
    const running = entry.load().then((task) => this.#within(context, () => stream.run(task), []))
    this.#follow(running, index, generation, () => context)
  }

  #track(index: number, generation: number, attempt: number): RunningTask {
    const context = new RunningTask(index, generation, attempt, this.#writer)
    this.#contexts.push(context)
    return context
  }

  #untrack(context: RunningTask | undefined): void {
    if (context === undefined) return
    context.end()
    this.#contexts.splice(this.#contexts.indexOf(context), 1)
    if (this.#leave !== undefined) this.#leaveIfDone()
  }

  /** Calls with `current` set: by a variable while tasks run one at a time, else along the asynchronous path. */
  #within(context: RunningTask | undefined, call: (...parameters: any[]) => unknown, parameters: unknown[]): unknown {
    if (context === undefined) return call(...parameters)
    const { storage } = this.#state
    if (storage !== undefined) return storage.run(context, call, ...parameters)
    this.#state.current = context
    return call(...parameters)
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
    promise.then(
      (value) => {
        this.#active--
        this.#untrack(contextOf?.())
        this.#complete(index, generation, value)
        this.run()
      },
      (error: unknown) => {
        this.#active--
        this.#untrack(contextOf?.())
        this.#fail(index, generation, error)
        this.run()
      },
    )
  }

  #complete(index: number, generation: number, value: unknown): void {
    try {
      if (isMoved(value)) this.#completeMoved(index, generation, value)
      else this.#writer.write(COMPLETION_COMPLETED, index, generation, value)
    } catch (error) {
      this.#fail(index, generation, error)
    }
  }

  /** A result whose memory is taken away from this process once it is sent. */
  #completeMoved(index: number, generation: number, value: unknown): void {
    const buffers: ArrayBuffer[] = []
    this.#writer.write(COMPLETION_COMPLETED, index, generation, unwrapMoved(value, buffers))
    buffers.forEach(detachBuffer)
  }

  #fail(index: number, generation: number, error: unknown): void {
    try {
      this.#writer.write(COMPLETION_FAILED, index, generation, encodeError(error))
    } catch (failure) {
      // A worker that cannot even say how its task ended (no descriptor is left, say) must not sit on it.
      console.error(failure)
      exit(1)
    }
  }

  /** Gives back what the payload of a task takes up that the host has taken back. */
  #discard(slot: number): void {
    const words = this.#words
    const location = words[slot + LOCATION_WORD]!
    const block = words[slot + BLOCK_WORD]!
    const mentions = (words[slot + FLAGS_WORD]! & MENTIONS_MASK) >>> MENTIONS_SHIFT
    if (mentions > 0) {
      // Counted by the host, and so here.
      for (const number of takeMentions(this.#payload(slot), words[slot + LENGTH_WORD]!, mentions)) {
        this.#lane.mentionSegment(number, true)
      }
    } else if (location !== INLINE && location !== BLOCK) {
      this.#lane.takePayload(block >>> 0)
    }
    if (location === BLOCK) this.#arena.release(block)
  }

  /** What `read` makes of the payload of a slot, and of the segments that it mentions: of so many bytes from a place on. */
  #takeWith<T>(slot: number, read: (bytes: Uint8Array, start: number, length: number) => T): T {
    const words = this.#words
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    const count = (words[slot + FLAGS_WORD]! & MENTIONS_MASK) >>> MENTIONS_SHIFT
    // No view is made of what lies in the lane: that takes longer than to read it.
    const inLane = location === INLINE || location === BLOCK
    const bytes = inLane ? this.#bytes : this.#payload(slot)
    const start =
      location === INLINE ? (slot << 2) + PAYLOAD : inLane ? this.#arena.offsetOf(words[slot + BLOCK_WORD]!) : 0
    try {
      const numbers = takeMentions(bytes, start + length, count)
      for (const number of numbers) this.#lane.mentionSegment(number, false)
      return readMentioning(this.#segments, numbers, () => read(bytes, start, length - 4 * count))
    } finally {
      if (location === BLOCK) this.#arena.release(words[slot + BLOCK_WORD]!)
    }
  }

  /** The payload of a slot, where it lies. */
  #payload(slot: number): Uint8Array {
    const words = this.#words
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    const block = words[slot + BLOCK_WORD]!
    if (location !== INLINE && location !== BLOCK) return new Uint8Array(this.#lane.takePayload(block >>> 0))
    const start = location === INLINE ? (slot << 2) + PAYLOAD : this.#arena.offsetOf(block)
    return this.#bytes.subarray(start, start + length)
  }

  /** The payload of a slot, decoded. */
  #take(slot: number): unknown {
    const words = this.#words
    const mentions = words[slot + FLAGS_WORD]! & MENTIONS_MASK
    if (mentions !== 0) return this.#takeWith(slot, decode)
    const length = words[slot + LENGTH_WORD]!
    const location = words[slot + LOCATION_WORD]!
    if (location === INLINE) return decode(this.#bytes, (slot << 2) + PAYLOAD, length)
    const block = words[slot + BLOCK_WORD]!
    if (location !== BLOCK) {
      beforeReceiving(length)
      return decodeOwned(new Uint8Array(this.#lane.takePayload(block >>> 0)))
    }
    try {
      const offset = this.#arena.offsetOf(block)
      if (length >= LARGE) {
        const take = (start: number, count: number) => this.#loans.take(block >>> 0, start, count)
        const value = takeBytes(this.#bytes, offset, length, take)
        if (value !== undefined) return value
        beforeReceiving(length)
      }
      return decode(this.#bytes, offset, length)
    } finally {
      this.#arena.release(block)
    }
  }

  #define(slot: number): void {
    const definition = this.#takeWith(
      slot,
      (bytes, start, length) =>
        JSON.parse(Buffer.from(bytes.subarray(start, start + length)).toString()) as FunctionDefinition,
    )
    this.#functions[this.#words[slot + FUNCTION_WORD]!] = FunctionEntry.define(definition, this.#ownModule)
  }
}
