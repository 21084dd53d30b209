import { COMPLETION_PROGRESS } from '../lane/layout.js'
import { unwrapMoved } from '../segments/move.js'
import { detachBuffer } from '../segments/shared-bytes.js'
import type { CompletionWriter } from './completion-writer.js'
import type { TaskContext } from './state.js'
import type { StreamTask } from './stream-task.js'

/** Names a task, in the whole pool. */
export function taskId(index: number, generation: number): string {
  return `${index}.${generation}`
}

/** The running task, as `current` shows it. */
export class RunningTask implements TaskContext {
  readonly index: number
  readonly generation: number
  readonly functionId: number
  readonly attempt: number
  readonly #writer: CompletionWriter
  /** Its streams, if it has any. */
  stream: StreamTask | undefined
  #controller: AbortController | undefined
  #ended = false

  constructor(index: number, generation: number, functionId: number, attempt: number, writer: CompletionWriter) {
    this.index = index
    this.functionId = functionId
    this.generation = generation
    this.attempt = attempt
    this.#writer = writer
  }

  /** Unique in the pool. */
  get id(): string {
    return taskId(this.index, this.generation)
  }

  get signal(): AbortSignal {
    // Few tasks ask for it, and it costs more than most tasks do.
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  progress(value: unknown): void {
    // What a task leaves running behind its end has nobody to report to.
    if (this.#ended) return
    // Called from a getter of a value that is just being sent: after that, then.
    if (this.#writer.busy) queueMicrotask(() => this.progress(value))
    else {
      const moved: ArrayBuffer[] = []
      this.#writer.write(COMPLETION_PROGRESS, this.index, this.generation, unwrapMoved(value, moved))
      moved.forEach(detachBuffer)
      this.#writer.wake()
    }
  }

  /** The host does not want the result any more. */
  abort(reason: unknown): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
    this.stream?.cancel(this.#controller.signal.reason)
  }

  /** The task has settled. */
  end(): void {
    this.#ended = true
  }
}
