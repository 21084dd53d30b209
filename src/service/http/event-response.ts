import type { ServerResponse } from 'node:http'
import { formatEvent, KEEP_ALIVE } from '../../api/event-stream.js'
import type { EventLog, LogReader } from '../event-log.js'

/** Pauses after which an idle stream shows that it is there, in milliseconds. */
const IDLE = 15_000

/**
 * Sends the events of a log to one client, from the one after `position` on. It takes as many at a time as the connection
 * does: what a slow client has not read lies in the log, within its bounds, and nowhere else.
 */
export class EventResponse implements LogReader {
  readonly #response: ServerResponse
  readonly #log: EventLog
  #position: number
  #full = false
  #idle: NodeJS.Timeout | undefined

  /** @param position number of the last event that the client has had */
  constructor(response: ServerResponse, log: EventLog, position: number) {
    this.#response = response
    this.#log = log
    // A number of another daemon, before it was started anew, may be greater than any here.
    this.#position = position > log.last ? 0 : position
  }

  /** Begins; ends when the log does, or the client has gone. */
  start(): void {
    const response = this.#response
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    // Of a stream a HEAD is told the head alone.
    if (response.req.method === 'HEAD') {
      response.end()
      return
    }
    response.flushHeaders()
    response.on('drain', () => {
      this.#full = false
      this.onNews()
    })
    response.once('close', () => this.#stop())
    this.#log.attach(this)
    this.#idle = setInterval(() => this.send(KEEP_ALIVE), IDLE)
    this.#idle.unref()
    this.onNews()
  }

  onNews(): void {
    try {
      this.#sendNews()
    } catch {
      // A result that is too large for a text: it is not for the task that has just ended to suffer from its readers.
      this.#response.destroy()
    }
  }

  #sendNews(): void {
    const log = this.#log
    while (!this.#full && this.#position < log.last) {
      const missed = log.first - 1 - this.#position
      if (missed > 0) {
        this.#position += missed
        this.#write(formatEvent(undefined, 'gap', `{"missed":${missed}}`))
      }
      this.#write(log.read(++this.#position))
    }
    if (log.ended && this.#position >= log.last) this.#response.end()
  }

  /** Sends something that is not of the log, unless the client is behind. */
  send(text: string): void {
    if (!this.#full && !this.#response.writableEnded) this.#write(text)
  }

  #write(text: string): void {
    this.#full = !this.#response.write(text)
  }

  #stop(): void {
    clearInterval(this.#idle)
    this.#log.detach(this)
  }
}
