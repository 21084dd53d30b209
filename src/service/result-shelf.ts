import type { ServiceSettings } from './settings.js'
import type { ServiceTask } from './task.js'

/** How often it is looked for results whose time is over, in parts of that time. */
const LOOKS = 4
/** … and at most so often, and at least, in milliseconds. */
const PAUSES = [10, 10_000] as const

/** Tasks that have settled, for a limited time, in limited number, with limited memory; the oldest go first. */
export class ResultShelf {
  readonly #limits: Pick<ServiceSettings, 'resultTtl' | 'maxResults' | 'maxResultBytes'>
  /** In the order in which they have settled. */
  readonly #tasks = new Map<string, { readonly task: ServiceTask; readonly size: number }>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Pick<ServiceSettings, 'resultTtl' | 'maxResults' | 'maxResultBytes'>) {
    this.#limits = limits
  }

  /** How many there are. */
  get count(): number {
    return this.#tasks.size
  }

  /** The memory they take up, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  get(id: string): ServiceTask | undefined {
    return this.#tasks.get(id)?.task
  }

  /** Oldest first. */
  tasks(): ServiceTask[] {
    return [...this.#tasks.values()].map(({ task }) => task)
  }

  /** Keeps a task that has just settled. */
  put(task: ServiceTask): void {
    const { size } = task
    this.#tasks.set(task.id, { task, size })
    this.#bytes += size
    const { maxResults, maxResultBytes, resultTtl } = this.#limits
    while (this.#tasks.size > maxResults || (this.#bytes > maxResultBytes && this.#tasks.size > 0)) this.#removeOldest()
    const pause = Math.min(Math.max(resultTtl / LOOKS, PAUSES[0]), PAUSES[1])
    if (this.#tasks.size > 0) this.#timer ??= setInterval(() => this.#removeExpired(), pause).unref()
  }

  remove(task: ServiceTask): void {
    const kept = this.#tasks.get(task.id)
    if (kept === undefined) return
    this.#tasks.delete(task.id)
    this.#bytes -= kept.size
  }

  clear(): void {
    this.#tasks.clear()
    this.#bytes = 0
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #removeOldest(): void {
    const [oldest] = this.#tasks.values()
    this.remove(oldest!.task)
  }

  #removeExpired(): void {
    const end = Date.now() - this.#limits.resultTtl
    for (const { task } of this.#tasks.values()) {
      if (task.finishedAt! > end) break
      this.remove(task)
    }
    if (this.#tasks.size === 0) this.clear()
  }
}
