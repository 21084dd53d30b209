/** The contract between the facade and crates/node; ARCHITECTURE.md, "Staging and events", has the layouts. */

import type { NativePoolOptions } from './options.js'

export type * from './options.js'

/** Receives one batch of event records. `large` holds the payloads too large for the events buffer. */
export type OnEvents = (buffer: 0 | 1, length: number, large: Uint8Array[] | undefined) => void

/** A log file that rotates by size. Its `write` makes it a destination for pino, and never fails. */
export interface LogFile {
  write(entry: string): void
  /** Throws ERR_HATCHERY_LOG_FILE. */
  reopen(): void
  setRotation(maxSize: number, maxFiles: number): void
  /** Nothing is written from now on. */
  close(): void
}

/** The native half of one pool, or of one thread's part in it. */
export interface NativePool {
  /** Append records, then flush them. */
  readonly staging: ArrayBuffer
  readonly events: [ArrayBuffer, ArrayBuffer]
  /** Argument and answer of synchronous calls: see {@link NativePool.runSync}. Made when it is first asked for. */
  readonly exchange: ArrayBuffer
  /** The level from which on the core tells of its life, if it was made to. */
  setLogLevel(level: string | undefined): void
  /** Starts zygote and workers, or follows those that there are. */
  start(onEvents: OnEvents): void
  /**
   * The number of a function, the same in all threads that use the pool.
   *
   * @param definition JSON `{"filename"?: file URL href, "name": string, "spread"?: true}`; without `filename`, of the
   * module in the configuration of the worker
   */
  define(definition: string): number
  /** What submits so many bytes of `staging`. A function costs a fraction of a method here. */
  makeFlush(): (length: number) => void
  /** `queueTimeout` here and below: milliseconds, 0 = that of the pool, 0xffffffff = none. */
  submitLarge(
    ticket: number,
    functionId: number,
    options: number,
    timeout: number,
    queueTimeout: number,
    payload: Uint8Array,
  ): void
  /** A payload that is a tag (two bytes: the second one above the first) and bytes. */
  submitBytes(
    ticket: number,
    functionId: number,
    options: number,
    timeout: number,
    queueTimeout: number,
    tag: number,
    payload: Uint8Array,
  ): void
  /** A segment: its number, and all of it. `sealed`: workers cannot write to it. */
  alloc(length: number, sealed: boolean): [number: number, buffer: ArrayBuffer]
  /** A mapping's buffer has been detached, or collected: it does not count any more, though it may take a while to go. */
  releaseSegment(number: number): void
  /** Whether a task with a payload of so many bytes can go to its worker without waiting for memory. */
  hasRoom(length: number): boolean
  /** Keeps a segment for a task that waits in this process. */
  holdSegment(number: number): void
  /** Takes that back. */
  letGoOfSegment(number: number): void
  /** Maps a segment anew; to be called only while a result that mentions it is decoded. */
  mapSegment(number: number): ArrayBuffer
  /**
   * Submits a task whose argument is at the beginning of `exchange`, and blocks until it is answered: the kind of event
   * record (with mentions) that the answer would be, with length, whether it lies apart, and payload in `exchange`. 0 after a while
   * without an answer: then call `wait`, which is the same but submits nothing, and takes a limit in milliseconds (0: none). (V8 can end a thread only between them.)
   */
  runSync(functionId: number, options: number, timeout: number, queueTimeout: number, length: number): number
  runSyncLarge(functionId: number, options: number, timeout: number, queueTimeout: number, argument: Uint8Array): number
  wait(limit: number): number
  /** Cancels the task that is waited for; its answer comes by `wait`. */
  giveUp(): void
  /** The payload of an answer that lies apart. */
  takeAnswer(): Uint8Array
  /** After an answer has been decoded that mentions segments. */
  releaseAnswer(): void
  /** The number by which other threads attach to this pool. */
  handle(): number
  /** As `submitLarge`, for a task that has streams and may send `credit` items before it is given more. */
  submitStream(
    ticket: number,
    functionId: number,
    options: number,
    timeout: number,
    queueTimeout: number,
    credit: number,
    payload: Uint8Array,
  ): void
  /** Lets a task send `count` items more. */
  credit(ticket: number, count: number): void
  /**
   * Sends a part (0 item, 1 end, 2 failure) of a stream that a task was given, with the number of segments that it
   * mentions. False: it waits for room; send no more of this input before the event that tells that it is on its way.
   */
  forward(ticket: number, input: number, part: number, payload: Uint8Array, mentions: number): boolean
  /** Answers an event of kind 9. An answer that comes too late is none. */
  decide(question: number, strategy: string): void
  /** Whether pool events tell which workers become busy and idle (`worker-busy`, `worker-idle`), from now on. */
  observeWorkers(wanted: boolean): void
  /** The tasks in quarantine, JSON. */
  quarantine(): string
  /** The payload of one of them, mentions included; null if it is gone or was not kept. */
  quarantinedPayload(id: number): Uint8Array | null | undefined
  /** Removes one, or all. */
  removeQuarantined(id: number | undefined): boolean
  /**
   * True: the task will settle as ERR_HATCHERY_TASK_CANCELLED, exactly once, and not from within this call. `reason` is
   * what its own signal is aborted with, encoded as a thrown value; without it the worker chooses.
   */
  cancel(ticket: number, reason?: Uint8Array): boolean
  /** Whether a worker has begun an addressed task; false: it waits, or has settled. */
  hasBegun(ticket: number): boolean
  /** Other bounds for the number of workers. The pool event `{"type":"resized","number":…}` names the number returned. */
  resize(minWorkers: number, maxWorkers: number): number
  /**
   * Hands a pool event (JSON with a `type`) to the other threads of the pool, and the last one of each topic to those that
   * attach later.
   */
  notifyOthers(topic: string, notice: string): void
  /**
   * Replaces zygote and workers by such as these options describe: `reloaded` or `reload-failed` is told in the end. Only
   * what concerns their start is read. Throws ERR_HATCHERY_RELOAD_IN_PROGRESS.
   */
  reload(options: NativePoolOptions): void
  /** Has a worker replaced as if it had come to a limit, or all of them; how many that will be. */
  recycle(worker: number | undefined): number
  /**
   * From now on tells the service manager at this socket that all is well, twice within so many microseconds, as long as
   * the driver turns and this thread's event loop goes round.
   */
  watch(socket: string, microseconds: number): void
  /** Takes over those of these options that can change while the pool runs; the others are not looked at. */
  configure(options: NativePoolOptions): void
  /**
   * Ends when all tasks have settled: the pool, or in a thread that has attached to it, that thread's part. The pool event
   * `{"type":"closed"}` comes last.
   */
  close(): void
  /** As `close`, but now. */
  destroy(): void
  /** What says whether the pool keeps the event loop alive; at the start it does not. */
  makeKeepAlive(): (alive: boolean) => void
  /**
   * The driver's figures, as JSON, its last ones once it is gone; `null` before the start.
   *
   * @param detail 0: what the pool knows; 1: and what the kernel knows of the workers at once; 2: and what takes it long
   */
  stats(detail: 0 | 1 | 2): string
  /** Tasks in the queues. */
  queued(): number
  /** How long tasks waited and ran, as JSON; `null` before the start. */
  times(): string
  /** JSON: the same of the last minute, with the `window` in milliseconds; `null` before the start and after the end. */
  recentTimes(): string
  /** Has a histogram begin anew. */
  resetTimes(which: 'wait' | 'run'): void
  /**
   * Metrics in Prometheus's text format, or as JSON (`null` for infinity); empty without a driver.
   *
   * @param labels names and values by turns
   * @param unseen tasks that the driver does not know of; `queued`: high, normal, low
   */
  metrics(labels: string[], unseen: { cancelled: number; timedOut: number; queued: number[] }, json: boolean): string
  /** Turns the driver; false: there is none. */
  probe(): boolean
}

/**
 * Receives one message of the host: 1 cancel (`number`: the time limit it has passed, or 0; `payload`: the reason), 3
 * stop, 5 credit (`number`: items), 6 item, 7 end, 8 failure of a stream (`number`: which). All but stop name a task.
 */
export type OnControl = (
  kind: number,
  index: number,
  generation: number,
  number: number,
  payload: ArrayBuffer | undefined,
  mentions: number,
) => void

/** What of a worker's lane is called with nearly every task. */
export interface LaneFunctions {
  /**
   * Waits awake, for at most `microseconds`, until the submission ring's tail is no longer `seen`. False: it still is.
   * Another process that wants this processor gets it.
   */
  spin(seen: number, microseconds: number): boolean
  /** Wakes the host. */
  notify(): void
  /**
   * Counts a mention of a segment, which every submission that mentions it needs. `unused`: it will not be run. True: messages
   * came along, as {@link WorkerLane.hasNotices} says.
   */
  mentionSegment(number: number, unused: boolean): boolean
  /** Has this process run under the limits that the pool sets for workers: before any code of the user. */
  applyLimits(): void
  /** From now on what is watched is called. Keeps the event loop alive; when the host is gone the process leaves. */
  listen(): void
}

/** A worker's end of its lane. JavaScript reads and writes the rings itself, through `memory`. */
export interface WorkerLane {
  /** The pool's number for this worker. */
  readonly worker: number
  /** All of the lane. */
  readonly memory: ArrayBuffer
  /**
   * Has `onSubmission` called when the host has published to a parked worker, and `onControl` for each message to the
   * runtime, once it listens.
   */
  watch(onSubmission: () => void, onControl: OnControl): void
  /** A function costs a fraction of a method here. */
  functions(): [
    spin: LaneFunctions['spin'],
    notify: LaneFunctions['notify'],
    mentionSegment: LaneFunctions['mentionSegment'],
    applyLimits: LaneFunctions['applyLimits'],
    listen: LaneFunctions['listen'],
  ]
  /** Sends a payload in memory of its own; the completion that names `tag` is published afterwards. */
  sendPayload(tag: number, payload: Uint8Array): void
  /** The payload that a submission names. */
  takePayload(tag: number): ArrayBuffer
  /** A copy of a part of a block. */
  copyBlock(block: number, start: number, length: number): ArrayBuffer
  /**
   * The same bytes where they lie, until the ArrayBuffer is collected or detached. Nothing: half of the blocks of this size
   * are lent already.
   */
  lendBlock(block: number, start: number, length: number): ArrayBuffer | null | undefined
  /** Blocks that are lent. */
  readonly lent: number
  /** Maps a segment that was mentioned. */
  mapSegment(number: number): ArrayBuffer
  /** A mapping's buffer has been detached, or collected: the host need not wait until it is gone. */
  releaseSegment(number: number): void
  /** Messages for `onControl` came along while a payload was waited for. */
  hasNotices(): boolean
  /** Calls `onControl` for them. */
  handOver(): void
  /** For the host to find after this process has ended: 1 heap limit, 2 abort, 4 exit. */
  setFlags(bits: number): void
}

/** A thread of this process. */
export interface NativeThread {
  readonly id: number
  readonly name: string
}

/** What the zygote calls. */
export interface ZygoteBinding {
  /** Makes V8 believe that Node's platform has no threads, as in a fork it has none. False: not with this Node. */
  hidePlatformThreads(): boolean
  /** Takes the socket to the host from descriptor 0; returns the pool's configuration, JSON. */
  zygoteStart(): string
  zygoteReady(details: string): void
  zygoteFailed(error: string): void
  /** Forks a child to try things out in: true there. It is to leave with 0 within so many milliseconds. */
  zygoteProve(milliseconds: number): boolean
  /** Blocks until it has, or its time is up: what went wrong, if something has. */
  zygoteVerdict(): string | null | undefined
  /**
   * Blocks until the host wants the first worker. Returns a lane as workers will have them, with nothing in it, to make
   * ready on it what they need; nothing if the host wants none.
   */
  zygoteStage(): WorkerLane | null | undefined
  /**
   * Blocks. The pool's number for this worker in every fork, whose lane is `stage` now; nothing in the zygote once it is over.
   */
  zygoteServe(stage: WorkerLane): number | null | undefined
  /** From now on V8's heap grows in one area, which makes forks cheaper. False: not with this Node. */
  gatherHeap(): boolean
  /** Makes huge pages of memory where it fills them, which makes forks cheaper; returns how many. */
  makeHugePages(): number
  /** Collects all garbage, and gives the memory of it back, which a mere collection does not. False: not with this Node. */
  shrinkHeap(): boolean
  /** Collects all garbage. Only with V8's flag `expose-gc`, without which it aborts. False: not with this Node. */
  collectGarbage(): boolean
  /** Gives free memory of the C library back to the kernel. False: it keeps none, or has no way to. */
  giveBackFreeMemory(): boolean
  threads(): NativeThread[]
  /** Open sockets, each as `fd 21 socket:[48213]`. */
  sockets(): string[]
}

/** What host and workers call. */
export interface MemoryBinding {
  /** Takes the memory of a buffer away from it. */
  detachBuffer(buffer: ArrayBuffer): void
}

/** What both kinds of workers call. */
export interface ProcessBinding extends MemoryBinding {
  /** In a forked child, before anything touches its event loop. */
  loopFork(): void
  /** Asked of the kernel. */
  processId(): number
  /**
   * Gives a number that is an object of V8's that of this process as its value, where it lies: whoever has it has that one from
   * then on. False: it is none with the value `expected`, and nothing has changed.
   */
  fillInProcessId(number: number, expected: number): boolean
  /** 32 bits from the kernel's generator, unsigned. */
  randomWord(): number
  /** Ctrl-C goes to all processes of a terminal's job; what it means for the pool is for the host to say. */
  ignoreInterrupts(): void
  /** `_exit`: a forked Node cannot end in any other way. */
  exitNow(code: number): never
}

/** What a spawned worker calls. */
export interface SpawnBinding {
  /** Takes the lane up from descriptor 0; waits for the host. */
  attachFromStdin(): { lane: WorkerLane; config: string }
}

/** What an init does for processes that have lost their parents. */
export interface Orphans {
  /** Reaps children that had ended at the last look, and that nobody has reaped since; how many. */
  look(): number
}

/** What the host asks about the machine, and tells of itself. */
export interface HostBinding {
  /** Tells the service manager at this socket something, lines of `NAME=value`. False: it is behind with its reading. */
  notifyManager(socket: string, message: string): boolean
  /** Processors that this thread may run on, ascending. */
  allowedProcessors(): number[]
  /** As many, or fewer if a control group grants less time; at least 1. */
  defaultParallelism(): number
  /** Tries what a pool could use, and leaves nothing behind: a {@link MachineProbe}, JSON. */
  probeMachine(): string
}

/** The loaded addon. */
export interface NativeBinding extends HostBinding, ZygoteBinding, ProcessBinding, SpawnBinding {
  LogFile: {
    /** Opens the file, or makes it. Throws ERR_HATCHERY_LOG_FILE. */
    new (path: string, maxSize: number, maxFiles: number): LogFile
  }
  Orphans: {
    new (): Orphans
  }
  NativePool: {
    new (options: NativePoolOptions): NativePool
    /** This thread's part in the pool that has this number. Throws ERR_HATCHERY_POOL_CLOSED. */
    attach(handle: number): NativePool
  }
}
