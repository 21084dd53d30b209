import type { IncomingMessage } from 'node:http'
import { ERROR_CODES } from '../errors/codes.js'
import { HatcheryError } from '../errors/hatchery-error.js'
import { type DaemonEvent, type ItemStream, isLast, readEvents } from './events.js'

/** How often a lost connection to a detached task is made anew in a row, and the first pause, in milliseconds. */
const TRIES = 5
const PAUSE = 100

/** The ways of a stream to its task. */
export interface StreamSource {
  /** Submits the task. `end` gives it up. */
  begin(end: AbortSignal): Promise<IncomingMessage>
  /** Follows it again, from the event after `last` on. */
  resume(id: string, last: number, end: AbortSignal): Promise<IncomingMessage>
  /** The error for a connection that was lost. */
  lost(cause: unknown): unknown
  /** The task outlives its connection. */
  readonly detached: boolean
  readonly onProgress: ((value: any) => void) | undefined
}

/** The items of one task. Nothing is sent before the first `next()`. */
export class RemoteStream implements ItemStream<any, any> {
  readonly id: Promise<string>
  readonly #source: StreamSource
  readonly #end = new AbortController()
  readonly #items: AsyncGenerator<any, any, undefined>
  #tellId!: (id: string) => void
  #failId!: (error: unknown) => void

  constructor(source: StreamSource) {
    this.#source = source
    this.id = new Promise((resolve, reject) => {
      this.#tellId = resolve
      this.#failId = reject
    })
    // Whoever reads the items is told by them.
    this.id.catch(() => {})
    this.#items = this.#run()
  }

  next(): Promise<IteratorResult<any, any>> {
    return this.#items.next()
  }

  /** Leaves the task: it is cancelled, unless it is detached. */
  return(value?: any): Promise<IteratorResult<any, any>> {
    this.#end.abort()
    this.#failId(this.#end.signal.reason)
    return this.#items.return(value)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async *#run(): AsyncGenerator<any, any, undefined> {
    const { begin, lost } = this.#source
    let response: IncomingMessage
    try {
      response = await begin(this.#end.signal)
    } catch (error) {
      this.#failId(error)
      if (this.#end.signal.aborted) return undefined
      throw error
    }
    const id = String(response.headers['x-hatchery-task'])
    this.#tellId(id)
    let last = 0
    try {
      for (;;) {
        let cause: unknown = new Error('the connection was closed')
        try {
          for await (const event of readEvents(response)) {
            last = event.id
            if (event.type === 'item') yield event.data.value
            else if (event.type === 'progress') this.#source.onProgress?.(event.data.value)
            else if (event.type === 'gap') throw new Rejected(missedError(id, event.data.missed))
            else if (isEnd(event)) return event.data.result
          }
        } catch (error) {
          if (isTasksOwn(error)) throw error.error
          cause = error
        }
        // Left while an item was waited for: that was the end.
        if (this.#end.signal.aborted) return undefined
        if (!this.#source.detached) throw lost(cause)
        response = await this.#resume(id, last, cause)
      }
    } finally {
      response.destroy()
    }
  }

  async #resume(id: string, last: number, cause: unknown): Promise<IncomingMessage> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE * 2 ** attempt))
      if (this.#end.signal.aborted) break
      try {
        return await this.#source.resume(id, last, this.#end.signal)
      } catch (error) {
        cause = error
      }
    }
    throw this.#source.lost(cause)
  }
}

function missedError(id: string, missed: number): HatcheryError {
  const message = `${missed} events of the stream of task ${id} are not kept any more, and items may be among them.`
  return new HatcheryError(ERROR_CODES.NOT_FOUND, `${message} Read it sooner.`)
}

/** What the task was rejected with, so that it is not taken for a lost connection. */
class Rejected {
  readonly error: unknown

  constructor(error: unknown) {
    this.error = error
  }
}

function isTasksOwn(error: unknown): error is Rejected {
  return error instanceof Rejected
}

function isEnd(event: DaemonEvent): boolean {
  try {
    return isLast(event)
  } catch (error) {
    throw new Rejected(error)
  }
}
