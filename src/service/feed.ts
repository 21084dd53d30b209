import { stringify } from '../api/values.js'
import { encodeWireError } from '../api/wire-error.js'
import type { Pool, PoolEvents } from '../host/index.js'
import { EventLog, type LogLimits } from './event-log.js'
import type { ServiceTask } from './task.js'

/** What is kept for those who come back after a pause. */
const FEED: LogLimits = { maxEvents: 2048, maxBytes: 2 << 20 }
/** Events about tasks within a second; beyond them they are only counted. */
const TASKS_A_SECOND = 500

/** Events of the pool that are told, by their names here. */
const POOL_EVENTS = {
  workerStarted: 'worker-started',
  workerExited: 'worker-exited',
  workerHealth: 'worker-health',
  recycle: 'worker-recycled',
  scale: 'scale',
  reload: 'reload',
  needsDrain: 'needs-drain',
} as const satisfies Partial<Record<keyof PoolEvents, string>>

/** Told of an event. */
export type FeedListener = (type: string, event: object) => void

/** All that happens to pool, workers and tasks, for whoever wants to watch. */
export class Feed {
  readonly log = new EventLog(FEED)
  readonly #listeners = new Set<FeedListener>()
  #second = 0
  #told = 0
  #skipped = 0

  /** Tells what the pool says from now on. */
  follow(pool: Pool): void {
    for (const [event, type] of Object.entries(POOL_EVENTS)) {
      pool.on(event as keyof typeof POOL_EVENTS, (info: object = {}) => this.tell(type, info))
    }
    // The pool says it whenever nothing is pending: with few tasks that is after each of them.
    let full = false
    pool.on('needsDrain', () => {
      full = true
    })
    pool.on('drain', () => {
      if (full) this.tell('drain', {})
      full = false
    })
    pool.on('warning', ({ type, message }) => this.tell('warning', { type, message }))
    pool.on('error', (error) => this.tell('failed', { error: encodeWireError(error) }))
  }

  /** Tells something that happens seldom. */
  tell(type: string, info: object): void {
    const event = this.#append(type, info)
    for (const listener of this.#listeners) listener(type, event)
  }

  /** Has a listener told what is told, but for tasks. Returns what ends that. */
  onEvent(listener: FeedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells of a task, as long as somebody listens and there are not too many. */
  tellTask(type: string, task: ServiceTask): void {
    if (!this.log.isRead) return
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) this.#begin(second)
    if (this.#told >= TASKS_A_SECOND) {
      this.#skipped++
      return
    }
    this.#told++
    const { id, name, state, priority } = task
    this.#append(type, { id, name, state, priority })
  }

  #append(type: string, info: object): object {
    const event = { time: new Date().toISOString(), ...info }
    this.log.append(type, stringify(event)!)
    return event
  }

  #begin(second: number): void {
    this.#second = second
    this.#told = 0
    if (this.#skipped > 0) this.#append('tasks-skipped', { count: this.#skipped })
    this.#skipped = 0
  }
}
