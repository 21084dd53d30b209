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
  readonly #onGone: () => void
  #gathered = ''
  #scheduled = false
  #gone = false
  #failure: Error | undefined

  /** @param onGone nothing can be written any more */
  constructor(stream: Writable, onGone: () => void) {
    this.#stream = stream
    this.#onGone = onGone
    stream.on('error', this.#onError)
  }

  /** Why nothing can be written, unless it is that nobody reads. */
  get failure(): Error | undefined {
    return this.#failure
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
    try {
      return this.#stream.write(text) ? undefined : this.#drained()
    } catch (error) {
      // Files are written to at once, and so fail at once.
      this.#onError(error as NodeJS.ErrnoException)
      return undefined
    }
  }

  #drained(): Promise<unknown> {
    return once(this.#stream, 'drain').catch(() => {})
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#gone) return
    this.#gone = true
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure = error
    this.#onGone()
  }
}
