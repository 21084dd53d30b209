import { NO_QUEUE_LIMIT } from './options/deadlines.js'

/** Tasks of higher priority that are let in for one that has waited for long behind them, as in the driver. */
const TURN = 16

/** A task that is not with the driver yet: encoded, with the ticket it will have there. */
export interface WaitingTask {
  readonly ticket: number
  readonly functionId: number
  /** Priority, retries and mentions, packed. */
  readonly word: number
  readonly timeout: number
  /** As in a staging record; of a task that waits here for a limited time, what is left of it when it leaves. */
  queueTimeout: number
  readonly payload: Uint8Array
  /** What keeps the memory alive that the payload mentions. */
  readonly holds: unknown
}

/** The end of a task's time here. */
interface Limit {
  readonly due: number
  readonly timer: NodeJS.Timeout
}

/** Longest time of `setTimeout`, some 24 days. */
const MAX_TIMER = 0x7fff_ffff

/** Tasks of one priority, in order. */
interface Level {
  readonly tasks: Map<number, WaitingTask>
  /** Stands behind those that have left: from the beginning it would go over the gaps of all of them. */
  cursor: Iterator<WaitingTask> | undefined
  /** When it began to be passed over, and how often it has been. */
  since: number
  passed: number
}

/**
 * Where tasks are kept that the driver's queue has no room for (`queuePolicy: 'wait'`). They leave by priority, first come
 * first served, with the turns that ageing gives.
 */
export class WaitingRoom {
  readonly #ageing: number
  readonly #levels: readonly Level[] = [0, 1, 2].map(() => ({
    tasks: new Map(),
    cursor: undefined,
    since: 0,
    passed: 0,
  }))
  readonly #levelOf = new Map<number, Level>()
  /** Of tasks whose time is limited. */
  readonly #limits = new Map<number, Limit>()
  readonly #queueTimeout: number
  /** Who is told of a task that has been here for too long, and is not any more. */
  onTimeout: (ticket: number, limit: number) => void = () => {}

  /**
   * @param ageing milliseconds
   * @param queueTimeout milliseconds, of tasks that have none of their own; 0 = any time
   */
  constructor(ageing: number, queueTimeout: number) {
    this.#ageing = ageing
    this.#queueTimeout = queueTimeout
  }

  get size(): number {
    return this.#levelOf.size
  }

  enter(task: WaitingTask): void {
    const level = this.#levels[task.word & 3]!
    level.tasks.set(task.ticket, task)
    this.#levelOf.set(task.ticket, level)
    const limit = task.queueTimeout || this.#queueTimeout
    if (limit !== 0 && limit !== NO_QUEUE_LIMIT) this.#limit(task.ticket, limit)
  }

  /** Takes a task out that nobody wants any more. False: it is not here. */
  leave(ticket: number): boolean {
    const level = this.#levelOf.get(ticket)
    if (level === undefined) return false
    this.#remove(level, ticket)
    return true
  }

  /** The task that goes next. */
  next(): WaitingTask | undefined {
    const first = this.#levels.find(({ tasks }) => tasks.size > 0)
    if (first === undefined) return undefined
    const level = this.#passedOver(first) ?? first
    level.passed = 0
    if (level === first) level.since = 0
    level.cursor ??= level.tasks.values()
    const task = level.cursor.next().value as WaitingTask
    const due = this.#limits.get(task.ticket)?.due
    if (due !== undefined) task.queueTimeout = Math.max(1, Math.ceil(due - performance.now()))
    this.#remove(level, task.ticket)
    return task
  }

  clear(): void {
    for (const ticket of [...this.#levelOf.keys()]) this.leave(ticket)
  }

  #limit(ticket: number, limit: number): void {
    const expire = () => {
      if (this.leave(ticket)) this.onTimeout(ticket, limit)
    }
    const timer = setTimeout(expire, Math.min(limit, MAX_TIMER))
    this.#limits.set(ticket, { due: performance.now() + limit, timer })
  }

  #passedOver(first: Level): Level | undefined {
    let due: Level | undefined
    for (const level of this.#levels.slice(this.#levels.indexOf(first) + 1)) {
      if (level.tasks.size === 0) continue
      if (level.since === 0) level.since = performance.now()
      level.passed++
      if (level.passed > TURN && performance.now() - level.since >= this.#ageing) due ??= level
    }
    return due
  }

  #remove(level: Level, ticket: number): void {
    level.tasks.delete(ticket)
    this.#levelOf.delete(ticket)
    const limit = this.#limits.get(ticket)
    if (limit !== undefined) {
      clearTimeout(limit.timer)
      this.#limits.delete(ticket)
    }
    if (level.tasks.size > 0) return
    level.since = level.passed = 0
    level.cursor = undefined
  }
}
