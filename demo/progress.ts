/** A progress bar on a terminal, a line every tenth elsewhere; both on stderr, so that --json has stdout for itself. */
import process from 'node:process'

const width = 40
const redrawEvery = 50

export class Progress {
  #done = 0
  #drawn = 0
  readonly #started = performance.now()

  constructor(
    readonly label: string,
    readonly total: number,
  ) {}

  advance(): void {
    this.#done++
    const now = performance.now()
    if (process.stderr.isTTY) {
      if (now - this.#drawn < redrawEvery && this.#done < this.total) return
      this.#drawn = now
      process.stderr.write(`\r\u001B[K${this.#text()}${this.#done === this.total ? '\n' : ''}`)
    } else if (Math.floor((this.#done * 10) / this.total) > Math.floor(((this.#done - 1) * 10) / this.total)) {
      console.error(this.#text())
    }
  }

  /** A line that does not break the bar. */
  note(text: string): void {
    console.error(process.stderr.isTTY ? `\r\u001B[K${text}` : text)
  }

  #text(): string {
    const share = this.#done / this.total
    const full = Math.round(share * width)
    const seconds = (performance.now() - this.#started) / 1000
    const bar = '█'.repeat(full) + '░'.repeat(width - full)
    const rate = Math.round(this.#done / seconds)
    return `${this.label.padEnd(10)} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${this.#done}/${this.total} files  ${rate} files/s`
  }
}
