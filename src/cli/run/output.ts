import { once } from 'node:events'
import type { Writable } from 'node:stream'

/** Text gathered before it is written: a write a line would cost more than most tasks. */
const ENOUGH = 64 * 1024

/**
 * Lines to a stream, some at a time, and no faster than its reader takes them. {@link gone} once there is no reader any more (`EPIPE`),
 * as when `head` has seen enough.
 */
export class LineOutput {
  readonly #stream: Writable
  #gathered = ''
  #scheduled = false
  #gone = false

  constructor(stream: Writable, onGone: () => void) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const first = !this.#gone
      this.#gone = true
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
      if (first) onGone()
    })
  }

  get gone(): boolean {
    return this.#gone
  }

  /** Fulfilled once there is room for more; nothing to wait for while there is. */
  write(line: string): Promise<unknown> | undefined {
    if (this.#gone) return undefined
    this.#gathered += `${line}\n`
    if (this.#gathered.length >= ENOUGH) return this.#send()
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        void this.#send()
      })
    }
    return this.#stream.writableNeedDrain ? this.#drained() : undefined
  }

  /** Fulfilled once all is written, or nobody reads it. */
  async end(): Promise<void> {
    await this.#send()
    if (!this.#gone) await new Promise<void>((resolve) => this.#stream.write('', () => resolve()))
  }

  #send(): Promise<unknown> | undefined {
    const text = this.#gathered
    this.#gathered = ''
    if (text === '' || this.#gone) return undefined
    return this.#stream.write(text) ? undefined : this.#drained()
  }

  #drained(): Promise<unknown> {
    return once(this.#stream, 'drain').catch(() => {})
  }
}
