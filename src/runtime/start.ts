import { AsyncLocalStorage } from 'node:async_hooks'
import { callNative } from '../errors/index.js'
import { Arena } from '../lane/arena.js'
import { viewLane } from '../lane/lane-view.js'
import { COMPLETION_READY, COMPLETION_START_FAILED } from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import { SegmentTable } from '../segments/segment-table.js'
import { useDetach } from '../segments/shared-bytes.js'
import { CompletionWriter } from './completion-writer.js'
import type { WorkerConfig } from './config.js'
import { errorReport } from './failure-report.js'
import type { FunctionEntry } from './function-table.js'
import { leaveAsWorker, stop } from './leave.js'
import { loadingExit } from './loading.js'
import { markOutput } from './printing.js'
import { type TaskContext, type WorkerState, workerState } from './state.js'
import { heedful } from './task-lane.js'
import { TaskLoop } from './task-loop.js'

/** Kinds of control messages. */
const CANCEL = 1
const STOP = 3

/** A worker's view of its lane before it takes tasks. */
export interface Workplace {
  /** Tells the host that this worker has failed to start; JSON. */
  readonly writer: CompletionWriter
  /** Takes up work; `functions` are those known from the start. */
  open(functions?: FunctionEntry[]): void
  /** This process is no worker any more. For a rehearsal: a worker ends with its process. */
  abandon(): void
}

/** Makes this process a worker on its lane. It takes tasks once the workplace is opened. */
export function prepareWorker(
  native: Pick<ProcessBinding, 'exitNow' | 'detachBuffer'>,
  lane: WorkerLane,
  config: Pick<WorkerConfig, 'concurrency' | 'filename' | 'captures'>,
  state: WorkerState = workerState(),
): Workplace {
  useDetach((buffer) => native.detachBuffer(buffer))
  state.isWorker = true
  state.workerId = lane.worker
  if (config.concurrency > 1) state.storage = new AsyncLocalStorage<TaskContext>()
  let loop: TaskLoop | undefined
  if (config.captures !== undefined) {
    // Of several tasks only their contexts tell which one prints.
    if (config.concurrency > 1) state.tracked = true
    markOutput(config.captures, () => loop?.running)
  }
  const view = viewLane(lane.memory)
  const arena = new Arena(view.words)
  const segments = new SegmentTable((number) => callNative(() => lane.mapSegment(number)))
  const [spin, notify, mentionSegment] = lane.functions()
  const sendPayload = (tag: number, payload: Uint8Array) => lane.sendPayload(tag, payload)
  const writer = new CompletionWriter(view, arena, { notify, sendPayload }, segments)
  let confessed = false
  const stayInstead = leaveAsWorker(native, {
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
  return {
    writer,
    open: (functions) => {
      const opened = new TaskLoop(
        view,
        arena,
        writer,
        heedful(lane, { spin, mentionSegment }),
        segments,
        state,
        config,
        functions,
      )
      loop = opened
      lane.watch(
        () => opened.runFresh(),
        (kind, index, generation, number, payload) => {
          if (kind === CANCEL) opened.cancel(index | 0, generation | 0, number, payload)
          else if (kind === STOP) opened.afterStreams(stop)
          else opened.hear(kind, index | 0, generation | 0, number, payload)
        },
      )
      writer.writeText(COMPLETION_READY, '{}')
      opened.runFresh()
    },
    abandon: stayInstead,
  }
}
