import { isTracing, openTelemetry } from '../../tracing/open-telemetry.js'
import type { Pool } from '../pool.js'
import { areTasksWatched, taskChannel } from './channels.js'
import { type Call, ObservedTask } from './observed-task.js'
import { ProducerSpan } from './producer-span.js'

/** Tells who listens, on diagnostics channels or by OpenTelemetry, of the tasks of one pool. */
export class TaskObserver {
  readonly #pool: Pool
  readonly #mayTrace: boolean
  /** An SDK was registered at the last look. */
  #traces = false

  /** @param mayTrace whether spans are made where an SDK is registered */
  constructor(pool: Pool, mayTrace: boolean) {
    this.#pool = pool
    this.#mayTrace = mayTrace
  }

  /**
   * Whether somebody wants to know what becomes of a task that is submitted now.
   *
   * @param first it is the first of its batch: whether an SDK is registered is looked at once a batch
   */
  isNeeded(first: boolean): boolean {
    if (first) this.#traces = this.#mayTrace && isTracing()
    return this.#traces || areTasksWatched()
  }

  /** Has a task submitted by `submit`, and tells what becomes of it. */
  observe<T>(call: Call, submit: (task: ObservedTask) => Promise<T>): Promise<T> {
    const task = this.#begin(call)
    const follow = () => {
      const promise = attempt(task, submit)
      task.queued()
      return promise.then(
        (result) => {
          task.completed(result)
          return result
        },
        (error: unknown) => {
          task.failed(error)
          throw error
        },
      )
    }
    return taskChannel.tracePromise(follow, task.message)
  }

  /** The same for a call that blocks. */
  observeSync<T>(call: Call, run: (task: ObservedTask) => T): T {
    const task = this.#begin(call)
    const follow = () => {
      task.queued()
      try {
        const result = run(task)
        task.completed(result)
        return result
      } catch (error) {
        task.failed(error)
        throw error
      }
    }
    return taskChannel.traceSync(follow, task.message)
  }

  #begin(call: Call): ObservedTask {
    const task = new ObservedTask(this.#pool, call)
    const api = this.#mayTrace ? openTelemetry() : undefined
    if (api !== undefined) task.span = new ProducerSpan(api, task.message)
    return task
  }
}

function attempt<T>(task: ObservedTask, submit: (task: ObservedTask) => Promise<T>): Promise<T> {
  try {
    return submit(task)
  } catch (error) {
    task.refused(error)
    throw error
  }
}
