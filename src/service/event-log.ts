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
  /** Bytes of all events up to this one, those that were forgotten among them. */
  readonly upTo: number
}

/** Bounds of a log. */
export interface LogLimits {
  readonly maxEvents: number
  /** Beside the latest event, which always stays. */
  readonly maxBytes: number
  /** What no reader has had does not count for `maxBytes`: whoever appends waits for room, see `roomWithin`. */
  readonly keepUnread?: boolean
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
  /** Bytes of all events there have been. */
  #total = 0
  /** Number of the latest event that any reader has had, and the bytes up to it. */
  #furthest = 0
  #read = 0
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
    const size = sizeOf(data)
    this.#total += size
    this.#bytes += size
    this.#entries.push({ type, data, upTo: this.#total })
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
    const { type, data, upTo } = this.#entries[number - this.first]!
    if (number > this.#furthest) {
      this.#furthest = number
      this.#read = upTo
    }
    for (const proceed of this.#waiting) proceed()
    return formatEvent(number, type, typeof data === 'string' ? data : data())
  }

  /**
   * Waits until the reader that is furthest is less than `ahead` events behind, and less than `maxBytes`.
   *
   * @returns false if that is not so after so many milliseconds
   */
  async roomWithin(ahead: number, milliseconds: number): Promise<boolean> {
    const { maxBytes } = this.#limits
    const hasRoom = () => this.last - this.#furthest < ahead && this.#total - this.#read < maxBytes
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
    const { maxEvents, maxBytes, keepUnread } = this.#limits
    const { length } = this.#entries
    if (length <= maxEvents && this.#bytes <= maxBytes) return
    // Some at once: each removal moves all that follow. The latest one always stays.
    let [count, bytes] = [length > maxEvents ? Math.ceil(length / 4) : 0, this.#bytes]
    for (const { data } of this.#entries.slice(0, count)) bytes -= sizeOf(data)
    const removable = Math.min(length - 1, keepUnread === true ? this.#furthest - this.#forgotten : length)
    while (bytes > maxBytes && count < removable) bytes -= sizeOf(this.#entries[count++]!.data)
    this.#entries.splice(0, Math.min(count, length - 1))
    this.#forgotten += length - this.#entries.length
    this.#bytes = bytes
  }
}

function sizeOf(data: string | (() => string)): number {
  return typeof data === 'string' ? data.length : 0
}
