import { randomUUID } from 'node:crypto'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import type { ItemIterator, Pool, TaskOptions } from '../host/index.js'
import { Beginnings } from './beginnings.js'
import type { LogLimits } from './event-log.js'
import { ResultShelf } from './result-shelf.js'
import type { ServiceSettings } from './settings.js'
import { ServiceTask } from './task.js'
import type { CheckedRequest } from './task-request.js'

/** Progress and items of one task that are kept for those who come later. */
const TASK_EVENTS: LogLimits = { maxEvents: 1024, maxBytes: 1 << 20 }
/** Of a stream: a large item that nobody has read is not to push out those before it. */
const STREAM_EVENTS: LogLimits = { ...TASK_EVENTS, keepUnread: true }
/** Items that a stream may be ahead of whoever reads it furthest; fewer than are kept, so that none is lost. */
const AHEAD = 256
/** How often it is looked whether a stream that nobody reads has ended for another reason, in milliseconds. */
const LOOK = 200

/** What the registry needs to know of the pool. */
export type TaskPool = Pick<Pool, 'run' | 'stream' | 'tasks' | 'cancel' | 'stateOf' | 'options'>

/** Told of what becomes of each task. */
export type OnTask = (type: 'submitted' | 'settled', task: ServiceTask) => void

/** The tasks of the daemon: those that are pending, and those whose results are kept. */
export class TaskRegistry {
  readonly #pool: TaskPool
  readonly #settings: Pick<ServiceSettings, 'maxInFlight' | 'resultTtl'>
  readonly #onTask: OnTask
  readonly #pending = new Map<string, ServiceTask>()
  readonly #shelf: ResultShelf
  /** Tasks whose results go to a client that waits, and to nobody else. */
  readonly #claimed = new Set<ServiceTask>()
  readonly #beginnings: Beginnings
  /** True while no tasks are taken. */
  quiet = false
  /** True from when the daemon stops: none will be taken any more. */
  ending = false

  constructor(pool: TaskPool, settings: ServiceSettings, onTask: OnTask) {
    this.#pool = pool
    this.#settings = settings
    this.#onTask = onTask
    this.#shelf = new ResultShelf(settings)
    this.#beginnings = new Beginnings(pool, (id) => this.#pending.get(id))
  }

  /** Tasks that have not settled. */
  get pending(): number {
    return this.#pending.size
  }

  /** Results that are kept. */
  get kept(): number {
    return this.#shelf.count
  }

  /** Bytes that these take up. */
  get keptBytes(): number {
    return this.#shelf.bytes
  }

  /**
   * The task of this id.
   *
   * @throws ERR_HATCHERY_NOT_FOUND
   */
  get(id: string): ServiceTask {
    const task = this.#find(id)
    if (task === undefined) {
      throw new HatcheryError(
        ERROR_CODES.NOT_FOUND,
        `There is no task "${id}"; it was never there, or its result is not kept any more (result_ttl, max_results).`,
      )
    }
    this.#beginnings.look(task)
    return task
  }

  /** All tasks, newest first. */
  list(): ServiceTask[] {
    for (const task of this.#pending.values()) this.#beginnings.look(task)
    return [...this.#shelf.tasks(), ...this.#pending.values()].reverse()
  }

  /**
   * Submits a task.
   *
   * @param claimed its result goes to whoever waits for it, and need not be kept
   * @throws ERR_HATCHERY_QUIET, ERR_HATCHERY_QUEUE_FULL, ERR_HATCHERY_DUPLICATE_ID, ERR_HATCHERY_INVALID_OPTION, …
   */
  submit(request: CheckedRequest, claimed: boolean): ServiceTask {
    const { id = randomUUID(), name = this.#pool.options.name, priority = 'normal' } = request
    this.#checkRoom(id)
    const task = new ServiceTask({ id, name, priority }, request.stream === true ? STREAM_EVENTS : TASK_EVENTS)
    const { timeout, queueTimeout, retries, retryErrors } = request
    const given = { id, priority, timeout, queueTimeout, retries, retryErrors }
    const options: TaskOptions = { ...given, onProgress: (value) => task.progress(value) }
    this.#pending.set(id, task)
    this.#beginnings.submitting(task)
    if (claimed) this.#claimed.add(task)
    this.#onTask('submitted', task)
    const outcome = request.stream === true ? this.#stream(task, request, options) : this.#run(name, request, options)
    outcome
      .then(
        (value) => task.complete(value),
        (error) => task.fail(error),
      )
      .finally(() => this.#onSettled(task))
    return task
  }

  /**
   * Cancels a pending task; forgets one that has settled.
   *
   * @throws ERR_HATCHERY_NOT_FOUND
   */
  remove(id: string, reason?: string): ServiceTask {
    const task = this.get(id)
    if (task.isSettled) this.forget(task)
    else this.cancel(task, reason)
    return task
  }

  /** Keeps the result of a task no longer. */
  forget(task: ServiceTask): void {
    this.#shelf.remove(task)
  }

  /** Cancels a task, if it is pending. */
  cancel(task: ServiceTask, reason = 'The client has cancelled the task.'): void {
    if (!task.isSettled) this.#pool.cancel(task.id, reason)
  }

  /** Whoever has waited for the task does not any more: its result is kept. */
  unclaim(task: ServiceTask): void {
    this.#claimed.delete(task)
  }

  /** Somebody follows a task, or one that is about to be submitted: its beginning is to be seen. Returns what ends that. */
  follow(task?: ServiceTask): () => void {
    return this.#beginnings.follow(task)
  }

  /** Forgets everything. */
  clear(): void {
    this.#beginnings.stop()
    this.#shelf.clear()
  }

  #find(id: string): ServiceTask | undefined {
    return this.#pending.get(id) ?? this.#shelf.get(id)
  }

  #checkRoom(id: string): void {
    if (this.quiet) {
      const message = this.ending
        ? 'The daemon is stopping and takes no more tasks. Send this one again when it is back, or to another daemon.'
        : 'The daemon was told to take no tasks for now (quiet, drain). Try again later; POST /v1/pool/resume ends it.'
      throw new HatcheryError(ERROR_CODES.QUIET, message)
    }
    const { maxInFlight } = this.#settings
    if (this.#pending.size >= maxInFlight) {
      throw new HatcheryError(
        ERROR_CODES.QUEUE_FULL,
        `${maxInFlight} tasks are pending, and more are not taken (max_in_flight). Try again when some of them are done.`,
      )
    }
    if (this.#find(id) !== undefined) {
      throw new HatcheryError(ERROR_CODES.DUPLICATE_ID, `There is a task "${id}" already, or its result is still kept.`)
    }
  }

  async #run(name: string, request: CheckedRequest, options: TaskOptions): Promise<unknown> {
    if (request.args === undefined) return this.#pool.run(request.payload, { ...options, name })
    return callOf(this.#pool, name).with(options)(...request.args)
  }

  /** Items go into the task's events, as far ahead of its readers as these may lag behind without missing any. */
  async #stream(task: ServiceTask, request: CheckedRequest, options: TaskOptions): Promise<unknown> {
    const { retries, retryErrors, ...rest } = options
    const items =
      request.args === undefined
        ? this.#pool.stream(request.payload, { ...rest, name: task.name })
        : callOf(this.#pool, task.name)
            .with(rest)
            .stream(...request.args)
    for (;;) {
      const next = await items.next()
      if (next.done === true) return next.value
      task.item(next.value)
      await this.#awaitReaders(task)
    }
  }

  /** Waits until somebody has read more of a stream, or it is over for another reason: its time, its worker, its caller. */
  async #awaitReaders(task: ServiceTask): Promise<void> {
    const end = performance.now() + this.#settings.resultTtl
    while (!(await task.events.roomWithin(AHEAD, LOOK)) && this.#pool.stateOf(task.id) !== undefined) {
      if (performance.now() > end) this.cancel(task, 'Nobody has read the items of the stream.')
    }
  }

  #onSettled(task: ServiceTask): void {
    this.#pending.delete(task.id)
    if (!this.#claimed.delete(task)) this.#shelf.put(task)
    this.#onTask('settled', task)
  }
}

/** A function of the pool's module, as it is called with any number of arguments. */
interface RemoteCall {
  with(options: TaskOptions): {
    (...parameters: unknown[]): Promise<unknown>
    stream(...parameters: unknown[]): ItemIterator<unknown>
  }
}

/** @throws ERR_HATCHERY_TASK_UNKNOWN for a name that means something to the language, and to no module */
function callOf(pool: TaskPool, name: string): RemoteCall {
  const call = (pool.tasks() as unknown as Record<string, RemoteCall | undefined>)[name]
  if (call === undefined) throw new HatcheryError(ERROR_CODES.TASK_UNKNOWN, `No task can be called "${name}".`)
  return call
}
