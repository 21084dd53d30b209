import { formatEvent } from '../api/event-stream.js'

/** Somebody who reads a log at a pace of his own. */
export interface LogReader {
  /** There is something new. */
  onNews(): void
}

interface Entry {
  readonly type: string
  /** JSON, or what makes it when it is asked for. */
  readonly data: string | (() => string)
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
  /** Number of the latest event that any reader has had. */
  #furthest = 0
  readonly #waiting = new Set<() => void>()

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

  /** Somebody reads. */
  get isRead(): boolean {
    return this.#readers.size > 0
  }

  /** Bytes that the events take up. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds an event; `data` is JSON, or makes it when it is read: then its memory is somebody else's. */
  append(type: string, data: string | (() => string)): void {
    if (this.#ended) return
    this.#entries.push({ type, data })
    this.#bytes += sizeOf(data)
    this.#trim()
    this.#tell()
  }

  /** Adds nothing any more. */
  end(): void {
    this.#ended = true
    this.#tell()
  }

  /** The text of an event that is here, for a reader. */
  read(number: number): string {
    const { type, data } = this.#entries[number - this.first]!
    this.#furthest = Math.max(this.#furthest, number)
    for (const proceed of this.#waiting) proceed()
    return formatEvent(number, type, typeof data === 'string' ? data : data())
  }

  /**
   * Waits until the reader that is furthest is less than `ahead` events behind.
   *
   * @returns false if that is not so after so many milliseconds
   */
  async roomWithin(ahead: number, milliseconds: number): Promise<boolean> {
    const hasRoom = () => this.last - this.#furthest < ahead
    if (hasRoom()) return true
    return new Promise((resolve) => {
      const settle = (room: boolean) => {
        clearTimeout(timer)
        this.#waiting.delete(proceed)
        resolve(room)
      }
      const proceed = () => hasRoom() && settle(true)
      const timer = setTimeout(settle, milliseconds, false)
      this.#waiting.add(proceed)
    })
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
    const { length } = this.#entries
    if (length <= maxEvents && this.#bytes <= maxBytes) return
    // Some at once: each removal moves all that follow. The latest one always stays.
    let [count, bytes] = [length > maxEvents ? Math.ceil(length / 4) : 0, this.#bytes]
    for (const { data } of this.#entries.slice(0, count)) bytes -= sizeOf(data)
    while (bytes > maxBytes && count < length - 1) bytes -= sizeOf(this.#entries[count++]!.data)
    this.#entries.splice(0, Math.min(count, length - 1))
    this.#forgotten += length - this.#entries.length
    this.#bytes = bytes
  }
}

function sizeOf(data: string | (() => string)): number {
  return typeof data === 'string' ? data.length : 0
}
