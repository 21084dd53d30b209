import type { TaskInfo, TaskState } from '../api/types.js'
import { stringify } from '../api/values.js'
import { encodeWireError } from '../api/wire-error.js'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { EventLog, type LogLimits } from './event-log.js'

/** What a task's function has returned, as it will be sent. */
type Result = { readonly text: string | undefined } | { readonly bytes: Buffer }

/** What is known of a task from the start. */
export interface TaskBirth {
  readonly id: string
  readonly name: string
  readonly priority: TaskInfo['priority']
}

/** A task of the daemon, from its submission until its result is forgotten. */
export class ServiceTask {
  readonly id: string
  readonly name: string
  readonly priority: TaskInfo['priority']
  readonly createdAt = new Date()
  readonly events: EventLog
  /** Told when it settles. */
  readonly #waiting = new Set<() => void>()
  #state: TaskState = 'queued'
  #finishedAt: Date | undefined
  #result: Result | undefined
  #error: unknown

  constructor(birth: TaskBirth, limits: LogLimits) {
    this.id = birth.id
    this.name = birth.name
    this.priority = birth.priority
    this.events = new EventLog(limits)
    this.#tellState()
  }

  get state(): TaskState {
    return this.#state
  }

  get isSettled(): boolean {
    return this.#finishedAt !== undefined
  }

  /** Fulfilled once it has settled, whatever it has come to. */
  get settled(): Promise<void> {
    return new Promise((resolve) => void this.onSettled(resolve))
  }

  /**
   * Calls `listener` once it has settled, whatever it has come to.
   *
   * @returns takes that back: a task that runs for days has many clients that wait for a while
   */
  onSettled(listener: () => void): () => void {
    if (this.isSettled) listener()
    else this.#waiting.add(listener)
    return () => this.#waiting.delete(listener)
  }

  /** When it has settled, in milliseconds since 1970. */
  get finishedAt(): number | undefined {
    return this.#finishedAt?.getTime()
  }

  /** What it was rejected with. */
  get error(): unknown {
    return this.#error
  }

  /** Its result, if that is bytes. */
  get bytes(): Buffer | undefined {
    return this.#result !== undefined && 'bytes' in this.#result ? this.#result.bytes : undefined
  }

  /** Memory that its result and its events take up, roughly. */
  get size(): number {
    const result = this.#result
    const own = result === undefined ? 0 : 'bytes' in result ? result.bytes.length : (result.text?.length ?? 0)
    return own + this.events.bytes
  }

  /** A worker has begun it. */
  begin(): void {
    if (this.#state !== 'queued') return
    this.#state = 'running'
    this.#tellState()
  }

  /** It reports its progress. */
  progress(value: unknown): void {
    this.begin()
    this.#tell('progress', value)
  }

  /** It has yielded an item. */
  item(value: unknown): void {
    this.begin()
    this.#tell('item', value)
  }

  /** It has returned. */
  complete(value: unknown): void {
    try {
      this.#result = resultOf(value)
    } catch (cause) {
      const [why] = (cause as Error).message.split('\n')
      const message =
        `The task has returned, but its result cannot be put into JSON: ${why}. Have the function return plain data ` +
        'without cycles, or bytes.'
      this.fail(new HatcheryError(ERROR_CODES.DATA_CLONE, message, { taskName: this.name }, { cause }))
      return
    }
    this.#end('completed', () => `{${this.#resultText()}}`)
  }

  /** It was rejected. */
  fail(error: unknown): void {
    let data: string
    try {
      data = stringify({ error: encodeWireError(error) })!
    } catch (cause) {
      // Its message is longer than any text may be.
      const message = `The task has thrown what cannot be put into JSON: ${(cause as Error).message}. Have it throw less.`
      this.fail(new HatcheryError(ERROR_CODES.DATA_CLONE, message, { taskName: this.name }))
      return
    }
    this.#error = error
    const cancelled = error instanceof HatcheryError && error.code === ERROR_CODES.TASK_CANCELLED
    this.#end(cancelled ? 'cancelled' : 'failed', data)
  }

  /** {@link TaskInfo}, in JSON; without its result for a list. */
  describe(whole: boolean): string {
    const { id, name, state, priority, createdAt } = this
    const known = {
      id,
      name,
      state,
      priority,
      createdAt: createdAt.toISOString(),
      finishedAt: this.#finishedAt?.toISOString(),
      error: this.#error === undefined ? undefined : encodeWireError(this.#error),
    }
    const text = stringify(known)!
    const result = whole ? this.#resultText() : ''
    return result === '' ? text : `${text.slice(0, -1)},${result}}`
  }

  #resultText(): string {
    const result = this.#result
    if (result === undefined) return ''
    if ('bytes' in result) return `"result":{"$bytes":"${result.bytes.toString('base64')}"}`
    return result.text === undefined ? '' : `"result":${result.text}`
  }

  #end(state: TaskState, data: string | (() => string)): void {
    this.#state = state
    this.#finishedAt = new Date()
    this.events.append(state, data)
    this.events.end()
    for (const listener of this.#waiting) listener()
    this.#waiting.clear()
  }

  #tellState(): void {
    this.events.append('state', `{"state":"${this.#state}"}`)
  }

  #tell(type: string, value: unknown): void {
    let data: string | undefined
    try {
      data = stringify({ value })
    } catch (error) {
      data = stringify({ value: String(error) })
    }
    this.events.append(type, data!)
  }
}

/** @throws TypeError for what cannot be put into JSON */
function resultOf(value: unknown): Result {
  if (ArrayBuffer.isView(value)) return { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength) }
  if (value instanceof ArrayBuffer) return { bytes: Buffer.from(value) }
  return { text: stringify(value) }
}
