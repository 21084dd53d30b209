import type { PendingTasks } from './pending.js'
import type { ResolvedPoolOptions } from './pool-options.js'
import type { Submission } from './submission.js'

/**
 * When a thread that submits has submitted enough: by the tasks of its own that are pending beyond what the workers could
 * run at once. Costs a task one comparison, and a batch of results another.
 */
export class BackPressure {
  readonly #pending: PendingTasks
  readonly #submission: Submission
  readonly #onDrain: () => void
  /** Pending tasks below which it is over. */
  #lowMark = 0

  constructor(pending: PendingTasks, submission: Submission, onNeedsDrain: () => void, onDrain: () => void) {
    this.#pending = pending
    this.#submission = submission
    this.#onDrain = onDrain
    pending.onCrowded = onNeedsDrain
  }

  /** Takes the marks from the options, which a resize and `pool.configure()` change. */
  setMarks(options: ResolvedPoolOptions): void {
    const { maxWorkers, concurrency, queueHighWaterMark, queueLowWaterMark, maxQueue, queuePolicy } = options
    const capacity = maxWorkers * concurrency
    this.#pending.highMark = capacity + queueHighWaterMark
    this.#lowMark = capacity + queueLowWaterMark
    this.#submission.limit = queuePolicy === 'wait' ? capacity + maxQueue : Infinity
    this.#submission.letIn()
  }

  /** A batch of results has been read, or a task was rejected that the driver never had. */
  afterSettling(): void {
    this.#submission.letIn()
    if (!this.#pending.crowded || this.#pending.size >= this.#lowMark) return
    this.#pending.crowded = false
    // With none pending the pool says so anyway.
    if (this.#pending.size > 0) this.#onDrain()
  }
}
