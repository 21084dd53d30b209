import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Outcome, TaskBar } from '../../api/dashboard.js'
import { ERROR_CODES, HatcheryError, safeString } from '../../errors/index.js'
import type { Pool, TaskMessage } from '../../host/index.js'

/** Bars that are told in one go; of more tasks some are told, spread over all of them. */
const MOST = 200

const CHANNELS = ['running', 'retried', 'completed', 'failed', 'cancelled'] as const

/** Failures that are no fault of the function. */
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  [ERROR_CODES.TASK_TIMEOUT]: 'timed-out',
  [ERROR_CODES.TASK_CANCELLED]: 'cancelled',
}

/**
 * Hears of each attempt at a task through the pool's diagnostics channels, which cost nothing while nobody watches. Those that
 * end between two looks are told once; a longer one is told when it is seen to run, and again when it ends.
 */
export class TaskWatch {
  readonly #pool: Pool
  readonly #listeners = new Map<string, (message: unknown) => void>()
  /** Attempts that have begun and were not told of yet, by key. */
  readonly #begun = new Map<string, TaskMessage>()
  #ended: TaskBar[] = []
  #seen = 0

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Begins to listen; again: nothing. */
  start(): void {
    if (this.#listeners.size > 0) return
    for (const name of CHANNELS) {
      const listener = (message: unknown) => {
        const task = message as TaskMessage
        if (task.pool === this.#pool) this.#hear(name, task)
      }
      this.#listeners.set(`hatchery:task:${name}`, listener)
      subscribe(`hatchery:task:${name}`, listener)
    }
  }

  stop(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener)
    this.#listeners.clear()
    this.#begun.clear()
    this.#ended = []
    this.#seen = 0
  }

  /** What is new since the last call. */
  take(): { readonly bars: readonly TaskBar[]; readonly skipped: number } {
    const room = Math.max(0, MOST - this.#ended.length)
    const running = [...this.#begun.values()].slice(0, room).map((task) => barOf(task, 'running'))
    const bars = [...running, ...this.#ended]
    const skipped = this.#seen - this.#ended.length
    this.#begun.clear()
    this.#ended = []
    this.#seen = 0
    return { bars, skipped }
  }

  #hear(channel: (typeof CHANNELS)[number], task: TaskMessage): void {
    // It never began, so there is no worker whose strip it could be on.
    if (task.startedAt === undefined || task.workerId === undefined) return
    if (channel === 'running') {
      if (this.#begun.size < MOST) this.#begun.set(keyOf(task), task)
      return
    }
    this.#begun.delete(keyOf(task))
    const bar = barOf(task, channel === 'failed' ? outcomeOf(task.error) : channel)
    // Every bar is as likely to be told as any other (reservoir sampling).
    const place = this.#seen++ < MOST ? this.#ended.length : Math.floor(Math.random() * this.#seen)
    if (place < MOST) this.#ended[place] = bar
  }
}

function keyOf(task: TaskMessage): string {
  return `${task.taskId}/${task.attempt}`
}

function barOf(task: TaskMessage, outcome: Outcome): TaskBar {
  const { id, name, priority, attempt, submittedAt } = task
  const start = task.startedAt!
  const end = outcome === 'running' ? undefined : (task.settledAt ?? performance.now())
  const { retry } = task
  const told = outcome === 'retried' && retry !== undefined ? `${retry.code}: ${retry.message}` : wordsOf(task.error)
  return {
    key: keyOf(task),
    id,
    name,
    priority,
    workerId: task.workerId!,
    attempt,
    start: performance.timeOrigin + start,
    end: end === undefined ? undefined : performance.timeOrigin + end,
    wait: Math.max(0, start - submittedAt),
    outcome,
    error: outcome === 'completed' || outcome === 'running' ? undefined : told?.slice(0, 300),
  }
}

function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof HatcheryError)) return 'failed'
  return OUTCOMES[error.code] ?? (error.code.startsWith('ERR_HATCHERY_WORKER_') ? 'lost' : 'failed')
}

function wordsOf(error: unknown): string | undefined {
  if (error === undefined) return undefined
  if (error instanceof HatcheryError) return `${error.code}: ${error.message}`
  return error instanceof Error ? `${safeString(error.name)}: ${safeString(error.message)}` : safeString(error)
}
