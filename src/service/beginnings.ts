import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Pool, TaskMessage } from '../host/index.js'
import type { ServiceTask } from './task.js'

const CHANNEL = 'hatchery:task:running'
/** How often it is looked whether those tasks have begun of which the channel says nothing, in milliseconds. */
const LOOK = 50

/**
 * Tells tasks that a worker has begun them, as long as anybody follows any. The pool says so on a diagnostics channel, of tasks
 * that are submitted while somebody listens there: that costs each task some microseconds, so nobody does otherwise. Tasks that
 * are followed only later are looked at.
 */
export class Beginnings {
  readonly #pool: Pick<Pool, 'stateOf'>
  readonly #find: (id: string) => ServiceTask | undefined
  #followers = 0
  readonly #heard = new WeakSet<ServiceTask>()
  readonly #unheard = new Set<ServiceTask>()
  #timer: NodeJS.Timeout | undefined

  /** @param find the pending task of this id */
  constructor(pool: Pick<Pool, 'stateOf'>, find: (id: string) => ServiceTask | undefined) {
    this.#pool = pool
    this.#find = find
  }

  /** Somebody follows a task from now on; undefined: one that is about to be submitted. Returns what ends that. */
  follow(task: ServiceTask | undefined): () => void {
    if (this.#followers++ === 0) subscribe(CHANNEL, this.#onRunning)
    if (task?.state === 'queued' && !this.#heard.has(task)) {
      this.#unheard.add(task)
      this.#timer ??= setInterval(() => this.#lookAtUnheard(), LOOK).unref()
      this.look(task)
    }
    return () => {
      if (--this.#followers === 0) this.stop()
    }
  }

  /** To be called before a task is submitted. */
  submitting(task: ServiceTask): void {
    if (this.#followers > 0) this.#heard.add(task)
  }

  /** Finds out whether a task has begun. */
  look(task: ServiceTask): void {
    if (task.state === 'queued' && this.#pool.stateOf(task.id) === 'running') task.begin()
  }

  /** Listens no more. */
  stop(): void {
    unsubscribe(CHANNEL, this.#onRunning)
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#unheard.clear()
  }

  readonly #onRunning = (message: unknown): void => {
    const { pool, id } = message as TaskMessage
    if (pool === this.#pool && id !== undefined) this.#find(id)?.begin()
  }

  #lookAtUnheard(): void {
    for (const task of this.#unheard) {
      this.look(task)
      if (task.state !== 'queued') this.#unheard.delete(task)
    }
    if (this.#unheard.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
