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
  /** As in a staging record. */
  readonly queueTimeout: number
  readonly payload: Uint8Array
  /** Segments that the payload mentions, and that are held for it. */
  readonly segments: readonly number[]
}

/** A task whose turn it is. */
export interface NextTask {
  readonly task: WaitingTask
  /** All the time that it may wait; undefined: as long as it likes. */
  readonly limit: number | undefined
  /** What is left of that, as in a staging record. */
  readonly queueTimeout: number
}

/** The end of a task's time here. */
interface Limit {
  readonly limit: number
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
  #ageing: number
  readonly #levels: readonly Level[] = [0, 1, 2].map(() => ({
    tasks: new Map(),
    cursor: undefined,
    since: 0,
    passed: 0,
  }))
  readonly #levelOf = new Map<number, Level>()
  /** Of tasks whose time is limited. */
  readonly #limits = new Map<number, Limit>()
  #queueTimeout: number
  /** Who is told of a task that has been here for too long, and is not any more. */
  onTimeout: (task: WaitingTask, limit: number) => void = () => {}

  /**
   * @param ageing milliseconds
   * @param queueTimeout milliseconds, of tasks that have none of their own; 0 = any time
   */
  constructor(ageing: number, queueTimeout: number) {
    this.#ageing = ageing
    this.#queueTimeout = queueTimeout
  }

  /** Other times, as in the constructor; the second one for tasks that come from now on. */
  setTimes(ageing: number, queueTimeout: number): void {
    this.#ageing = ageing
    this.#queueTimeout = queueTimeout
  }

  get size(): number {
    return this.#levelOf.size
  }

  /** Tasks by priority, the highest first. */
  get sizes(): readonly [high: number, normal: number, low: number] {
    const [high, normal, low] = this.#levels as readonly [Level, Level, Level]
    return [high.tasks.size, normal.tasks.size, low.tasks.size]
  }

  enter(task: WaitingTask): void {
    const level = this.#levels[task.word & 3]!
    level.tasks.set(task.ticket, task)
    this.#levelOf.set(task.ticket, level)
    const limit = task.queueTimeout || this.#queueTimeout
    if (limit !== 0 && limit !== NO_QUEUE_LIMIT) this.#limit(task.ticket, limit)
  }

  /** Takes a task out that nobody wants any more. Undefined: it is not here. */
  leave(ticket: number): WaitingTask | undefined {
    const level = this.#levelOf.get(ticket)
    const task = level?.tasks.get(ticket)
    if (level !== undefined) this.#remove(level, ticket)
    return task
  }

  /** The task that goes next. */
  next(): NextTask | undefined {
    const first = this.#levels.find(({ tasks }) => tasks.size > 0)
    if (first === undefined) return undefined
    const level = this.#passedOver(first) ?? first
    level.passed = 0
    if (level === first) level.since = 0
    level.cursor ??= level.tasks.values()
    const task = level.cursor.next().value as WaitingTask
    const timed = this.#limits.get(task.ticket)
    this.#remove(level, task.ticket)
    if (timed === undefined) return { task, limit: undefined, queueTimeout: task.queueTimeout }
    const { limit, due } = timed
    return { task, limit, queueTimeout: Math.max(1, Math.ceil(due - performance.now())) }
  }

  /** Takes out all. */
  clear(): WaitingTask[] {
    return [...this.#levelOf.keys()].map((ticket) => this.leave(ticket)!)
  }

  #limit(ticket: number, limit: number): void {
    const expire = () => {
      const task = this.leave(ticket)
      if (task !== undefined) this.onTimeout(task, limit)
    }
    // The pool keeps the process alive as long as tasks are pending, unless it was told not to.
    const timer = setTimeout(expire, Math.min(limit, MAX_TIMER)).unref()
    this.#limits.set(ticket, { limit, due: performance.now() + limit, timer })
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
