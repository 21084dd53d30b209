import { type MaybeTerminal, type Style, styleOf } from '../terminal/style.js'
import { count, duration } from '../terminal/units.js'
import { cut, widthOf } from '../terminal/width.js'

/** How far it is. */
export interface Tally {
  done: number
  failed: number
  /** Bytes of the lines that have settled. */
  bytes: number
}

const REDRAW = 100
const BAR = 24

/** One line at the bottom of a terminal that tells how far it is; on anything else, nothing. Other text goes above it. */
export class Progress {
  readonly #stream: MaybeTerminal
  readonly #style: Style
  readonly #tally: Readonly<Tally>
  readonly #total: number | undefined
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  #drawn = false

  /** @param total bytes of the input; undefined: nobody knows */
  constructor(
    stream: MaybeTerminal,
    tally: Readonly<Tally>,
    { total, wanted }: { total: number | undefined; wanted: boolean },
  ) {
    this.#stream = stream
    this.#style = styleOf(stream)
    this.#tally = tally
    this.#total = total
    // Who does not read it does not want it.
    stream.on('error', () => {})
    if (wanted && stream.isTTY === true) this.#timer = setInterval(() => this.#draw(), REDRAW)
    this.#timer?.unref()
  }

  /** Writes a line above. */
  print(line: string): void {
    this.#clear()
    this.#stream.write(`${line}\n`)
    if (this.#timer !== undefined) this.#draw()
  }

  /** Nothing is drawn any more. */
  end(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#clear()
  }

  #draw(): void {
    const elapsed = performance.now() - this.#startedAt
    const text = progressText(this.#tally, elapsed, this.#total, this.#style)
    // One column is left free: some terminals begin a new line when the last one is written to.
    const columns = (this.#stream.columns || 80) - 1
    const fits = widthOf(text) <= columns
    this.#stream.write(`\r\x1b[2K${fits ? text : cut(progressText(this.#tally, elapsed, this.#total), columns)}`)
    this.#drawn = true
  }

  #clear(): void {
    if (this.#drawn) this.#stream.write('\r\x1b[2K')
    this.#drawn = false
  }
}

/** Such as `━━━━──── 1 234 done, 3 failed, 410/s, 12 s left`. */
export function progressText(
  { done, failed, bytes }: Readonly<Tally>,
  elapsed: number,
  total: number | undefined,
  style?: Style,
): string {
  const share = total === undefined || total === 0 ? undefined : Math.min(1, bytes / total)
  const parts = [`${count(done)} done`]
  if (failed > 0) parts.push(style === undefined ? `${count(failed)} failed` : style.red(`${count(failed)} failed`))
  if (elapsed > 0) parts.push(`${rate(done + failed, elapsed)}/s`)
  if (share !== undefined && share > 0 && share < 1) parts.push(`${duration((elapsed / share) * (1 - share))} left`)
  const words = parts.join(', ')
  if (share === undefined) return words
  const full = Math.round(share * BAR)
  const [left, right] = ['━'.repeat(full), '─'.repeat(BAR - full)]
  return `${style === undefined ? left + right : style.green(left) + style.dim(right)} ${Math.floor(share * 100)} % ${words}`
}

/** The last words. */
export function summaryText({ done, failed }: Readonly<Tally>, elapsed: number): string {
  const failures = failed === 0 ? '' : `, ${count(failed)} failed`
  return `${count(done)} done${failures} in ${duration(elapsed)} (${rate(done + failed, elapsed)}/s)`
}

function rate(tasks: number, elapsed: number): string {
  const aSecond = elapsed === 0 ? 0 : (tasks * 1000) / elapsed
  return count(aSecond < 100 ? Number(aSecond.toPrecision(2)) : Math.round(aSecond))
}
