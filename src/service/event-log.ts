import { formatEvent } from '../api/event-stream.js'

/** Somebody who reads a log at a pace of his own. */
export interface LogReader {
  /** There is something new. */
  onNews(): void
}

interface Entry {
  readonly type: string
  readonly data: string
}

/** Bounds of a log. */
export interface LogLimits {
  readonly maxEvents: number
  readonly maxBytes: number
}

/**
 * The latest events of something, numbered from 1. What is beyond its bounds is forgotten, oldest first, whether or not it was
 * read: so no reader holds anything up.
 */
export class EventLog {
  readonly #limits: LogLimits
  readonly #readers = new Set<LogReader>()
  #entries: Entry[] = []
  /** How many were forgotten. */
  #forgotten = 0
  #bytes = 0
  #ended = false

  constructor(limits: LogLimits) {
    this.#limits = limits
  }

  /** Number of the latest event. */
  get last(): number {
    return this.#forgotten + this.#entries.length
  }

  /** Number of the oldest event that is still here. */
  get first(): number {
    return this.#forgotten + 1
  }

  /** Nothing will be added any more. */
  get ended(): boolean {
    return this.#ended
  }

  get isRead(): boolean {
    return this.#readers.size > 0
  }

  /** Bytes that the events take up. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds an event; `data` is JSON. */
  append(type: string, data: string): void {
    if (this.#ended) return
    this.#entries.push({ type, data })
    this.#bytes += data.length
    this.#trim()
    this.#tell()
  }

  /** Adds nothing any more. */
  end(): void {
    this.#ended = true
    this.#tell()
  }

  /** The text of an event that is here. */
  text(number: number): string {
    const { type, data } = this.#entries[number - this.first]!
    return formatEvent(number, type, data)
  }

  attach(reader: LogReader): void {
    this.#readers.add(reader)
  }

  detach(reader: LogReader): void {
    this.#readers.delete(reader)
  }

  #tell(): void {
    for (const reader of this.#readers) reader.onNews()
  }

  #trim(): void {
    const { maxEvents, maxBytes } = this.#limits
    let over = this.#entries.length - maxEvents
    // Now and then many at once: a shift of each would move all the others. The latest one always stays.
    if (over > maxEvents / 2) this.#forget(over)
    over = 0
    for (let bytes = this.#bytes; bytes > maxBytes && over < this.#entries.length - 1; over++) {
      bytes -= this.#entries[over]!.data.length
    }
    if (over > 0) this.#forget(over)
  }

  #forget(count: number): void {
    for (const { data } of this.#entries.splice(0, count)) this.#bytes -= data.length
    this.#forgotten += count
  }
}
