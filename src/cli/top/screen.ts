import { writeSync } from 'node:fs'
import process from 'node:process'
import { emitKeypressEvents } from 'node:readline'
import type { Size } from './frame/index.js'
import type { Key } from './keys.js'

/** The other screen, without a cursor. */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
/** Until a stop that was asked for has come, in milliseconds; then whoever still runs was not stopped, or is continued. */
const AFTER_STOP = 50

/** The terminal while `top` has it. It is given back however the process ends, unless by SIGKILL. */
export class Screen {
  readonly #onKey: (key: Key) => void
  readonly #onChange: () => void
  #entered = false
  #closed = false

  /** @param onChange the size is another one, or the screen has to be drawn anew */
  constructor(onKey: (key: Key) => void, onChange: () => void) {
    this.#onKey = onKey
    this.#onChange = onChange
  }

  get size(): Size {
    // Some terminals say 0.
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }
  }

  open(): void {
    emitKeypressEvents(process.stdin)
    process.stdin.on('keypress', this.#onKeyPress)
    process.stdout.on('resize', this.#onChange)
    process.on('exit', this.#leave)
    process.on('SIGTSTP', this.#onSuspend)
    process.on('SIGCONT', this.#onContinue)
    this.#enter()
  }

  close(): void {
    this.#closed = true
    this.#leave()
    process.stdin.off('keypress', this.#onKeyPress)
    process.stdin.pause()
    process.stdout.off('resize', this.#onChange)
    process.off('exit', this.#leave)
    process.off('SIGTSTP', this.#onSuspend)
    process.off('SIGCONT', this.#onContinue)
  }

  /** Shows these lines, as many as there are rows. */
  draw(lines: readonly string[]): void {
    if (!this.#entered) return
    process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[0m\x1b[K`).join('\r\n')}`)
  }

  /** Gives the terminal to the shell, until that continues this job. Where no shell controls jobs, goes on at once. */
  suspend(): void {
    this.#leave()
    // As the terminal would have done it: without our listener, and to the whole job.
    process.off('SIGTSTP', this.#onSuspend)
    process.kill(0, 'SIGTSTP')
    setTimeout(this.#onContinue, AFTER_STOP)
  }

  #enter(): void {
    if (this.#entered) return
    this.#entered = true
    if (process.stdin.isTTY) process.stdin.setRawMode(true)
    process.stdin.resume()
    process.stdout.write(ENTER)
  }

  readonly #leave = (): void => {
    if (!this.#entered) return
    this.#entered = false
    try {
      if (process.stdin.isTTY) process.stdin.setRawMode(false)
      // At once: the process may be ending.
      writeSync(process.stdout.fd, LEAVE)
    } catch {
      // The terminal is gone.
    }
  }

  readonly #onKeyPress = (_text: string | undefined, key: Key): void => this.#onKey(key)
  readonly #onSuspend = (): void => this.suspend()

  readonly #onContinue = (): void => {
    if (this.#entered || this.#closed) return
    process.on('SIGTSTP', this.#onSuspend)
    this.#enter()
    this.#onChange()
  }
}
