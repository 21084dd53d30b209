import { AsyncLocalStorage } from 'node:async_hooks'
import { callNative } from '../errors/index.js'
import { Arena } from '../lane/arena.js'
import { viewLane } from '../lane/lane-view.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import { isBeingRead } from '../segments/mentions.js'
import { SegmentTable } from '../segments/segment-table.js'
import { useDetach } from '../segments/shared-bytes.js'
import { CompletionWriter } from './completion-writer.js'
import type { WorkerConfig } from './config.js'
import { errorReport } from './failure-report.js'
import type { FunctionEntry } from './function-table.js'
import { KnownFunctions } from './known-functions.js'
import { leaveAsWorker, stop } from './leave.js'
import { loadingExit } from './loading.js'
import { markOutput } from './printing.js'
import { SegmentGarbage } from './segment-garbage.js'
import { type TaskContext, type WorkerState, workerState } from './state.js'
import { heedful } from './task-lane.js'
import { TaskLoop } from './task-loop.js'

/** Kinds of control messages. */
const CANCEL = 1
const STOP = 3

/** All that a worker has over its lane, before it takes tasks. */
export interface Workplace {
  /** Tells the host that this worker has failed to start; JSON. */
  readonly writer: CompletionWriter
  /** Has this process run under the limits of the pool. */
  readonly applyLimits: () => void
  /** Takes up work. */
  readonly open: () => void
  /** This process is no worker, or not any more: a worker ends with its process. */
  abandon(): void
}

/**
 * Makes what a worker needs on its lane, or on one that its lane will take the place of. It takes tasks once the workplace is
 * opened.
 *
 * @param functions those known from the start
 */
export function prepareWorker(
  native: Pick<ProcessBinding, 'exitNow' | 'detachBuffer'>,
  lane: WorkerLane,
  config: Pick<WorkerConfig, 'concurrency' | 'filename' | 'captures'>,
  state: WorkerState = workerState(),
  functions?: FunctionEntry[],
): Workplace {
  useDetach((buffer) => native.detachBuffer(buffer))
  state.isWorker = true
  state.workerId = lane.worker
  if (config.concurrency > 1) state.storage = new AsyncLocalStorage<TaskContext>()
  const view = viewLane(lane.memory)
  const arena = new Arena(view.words)
  const garbage = new SegmentGarbage(
    (): boolean => loop.isBusy,
    (): number => loop.position,
    // What the task at hand mentions counts as mentioned: a release would be believed, and then it would be mapped.
    () => segments.releaseCollected(isBeingRead),
  )
  const segments: SegmentTable = new SegmentTable(
    (number) => {
      garbage.beforeMapping()
      const buffer = callNative(() => lane.mapSegment(number))
      garbage.mapped(buffer.byteLength)
      return buffer
    },
    (number) => lane.releaseSegment(number),
  )
  const [spin, notify, mentionSegment, applyLimits, listen] = lane.functions()
  const sendPayload = (tag: number, payload: Uint8Array) => lane.sendPayload(tag, payload)
  const writer = new CompletionWriter(view, arena, { notify, sendPayload }, segments)
  let confessed = false
  const abandon = leaveAsWorker(native, {
    lane,
    wake: () => writer.wake(),
    confess: (error) => {
      // Not in the middle of a record: what a getter throws there is not what ends the process.
      if (!writer.busy) writer.writeText(COMPLETION_START_FAILED, errorReport(error))
      confessed = true
    },
    leaving: (code) => {
      const report = confessed ? undefined : loadingExit(code, config.concurrency === 1)
      if (report !== undefined && !writer.busy) writer.writeText(COMPLETION_START_FAILED, report)
    },
  })
  const loop: TaskLoop = new TaskLoop(
    view,
    arena,
    writer,
    heedful(lane, { spin, mentionSegment }),
    segments,
    state,
    config,
    new KnownFunctions(config.filename),
    functions,
  )
  if (config.captures !== undefined) {
    // Of several tasks only their contexts tell which one prints.
    if (config.concurrency > 1) state.tracked = true
    markOutput(config.captures, () => loop.running)
  }
  lane.watch(
    () => loop.runFresh(),
    (kind, index, generation, number, payload, mentions) => {
      if (kind === CANCEL) loop.contexts.cancel(index | 0, generation | 0, number, payload)
      else if (kind === STOP) loop.contexts.afterStreams(stop)
      else loop.hear(kind, index | 0, generation | 0, number, payload, mentions)
    },
  )
  return {
    writer,
    applyLimits,
    open: () => {
      // Not before: the host knows nothing yet of a worker that could take what it says.
      listen()
      writer.writeReady()
      loop.runFresh()
    },
    abandon,
  }
}
