/** Tasks of higher priority that are let in for one that has waited for long behind them, as in the driver. */
const TURN = 16

/** A task that is not with the driver yet: encoded, with the ticket it will have there. */
export interface WaitingTask {
  readonly ticket: number
  readonly functionId: number
  /** Priority, retries and mentions, packed. */
  readonly word: number
  readonly timeout: number
  readonly payload: Uint8Array
  /** What keeps the memory alive that the payload mentions. */
  readonly holds: unknown
}

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

  constructor(ageing: number) {
    this.#ageing = ageing
  }

  get size(): number {
    return this.#levelOf.size
  }

  enter(task: WaitingTask): void {
    const level = this.#levels[task.word & 3]!
    level.tasks.set(task.ticket, task)
    this.#levelOf.set(task.ticket, level)
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
    this.#remove(level, task.ticket)
    return task
  }

  clear(): void {
    for (const ticket of [...this.#levelOf.keys()]) this.leave(ticket)
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
    if (level.tasks.size > 0) return
    level.since = level.passed = 0
    level.cursor = undefined
  }
}
