import { cancelReason } from './cancel-reason.js'
import type { CompletionWriter } from './completion-writer.js'
import type { WorkerState } from './state.js'
import { RunningTask } from './task-context.js'

/** Contexts of tasks under way, by which the host's messages find them; only of those that somebody can see. */
export class TaskContexts {
  readonly #list: RunningTask[] = []
  readonly #writer: CompletionWriter
  readonly #state: WorkerState
  /** To be called when no stream is under way any more. */
  #leave: (() => void) | undefined

  constructor(writer: CompletionWriter, state: WorkerState) {
    this.#writer = writer
    this.#state = state
  }

  /** A task begins. */
  track(index: number, generation: number, functionId: number, attempt: number): RunningTask {
    const context = new RunningTask(index, generation, functionId, attempt, this.#writer)
    this.#list.push(context)
    return context
  }

  /** It has settled. Of one without a context there is nothing to forget. */
  untrack(context: RunningTask | undefined): void {
    if (context === undefined) return
    context.end()
    this.#list.splice(this.#list.indexOf(context), 1)
    if (this.#leave !== undefined) this.#leaveIfDone()
  }

  /** Calls with `current` set: by a variable while tasks run one at a time, else along the asynchronous path. */
  within(context: RunningTask | undefined, call: (...parameters: any[]) => unknown, parameters: unknown[]): unknown {
    if (context === undefined) return call(...parameters)
    const { storage } = this.#state
    if (storage !== undefined) return storage.run(context, call, ...parameters)
    this.#state.current = context
    return call(...parameters)
  }

  /** The host does not want the result of this task any more; the rest as for {@link cancelReason}. */
  cancel(index: number, generation: number, limit: number, reason: ArrayBuffer | undefined): void {
    for (const context of this.#list) {
      if (context.index === index && context.generation === generation) context.abort(cancelReason(limit, reason))
    }
  }

  /** The host has something for the streams of a task. False: that has ended. */
  hear(
    kind: number,
    index: number,
    generation: number,
    number: number,
    payload: ArrayBuffer | undefined,
    mentions: number,
  ): boolean {
    const context = this.#list.find((task) => task.index === index && task.generation === generation)
    return context?.stream?.hear(kind, number, payload, mentions) === true
  }

  /** Calls `leave` once the streams that the host has cancelled have ended: their `finally` blocks are to run. */
  afterStreams(leave: () => void): void {
    this.#leave = leave
    this.#leaveIfDone()
  }

  #leaveIfDone(): void {
    if (this.#list.every(({ stream }) => stream === undefined)) this.#leave?.()
  }
}
