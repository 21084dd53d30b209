/** The bars of the task stream, by worker. */
import type { TaskBar } from '../../api/dashboard.js'

/** Bars that are kept of one worker. */
const KEPT = 4000
/** Tasks that a worker runs beside each other are drawn in rows, at most so many. */
const ROWS = 6
/** Milliseconds until the end of a task is heard of, about. */
const SLACK = 3
/** Colours of functions. */
const COLOURS = 6
/** Longest time that is shown, in milliseconds. */
const LONGEST = 300_000

/** A bar, and the row of its strip in which it is. */
export interface PlacedBar extends TaskBar {
  readonly row: number
}

/** One worker's bars, oldest first. */
export interface Strip {
  readonly workerId: number
  readonly bars: PlacedBar[]
  rows: number
}

/** What has been told of tasks. */
export class Bars {
  readonly #strips = new Map<number, Strip>()
  readonly #running = new Map<string, PlacedBar>()
  readonly #names = new Map<string, number>()
  /** Tasks that a worker runs at a time. */
  concurrency = 1
  /** How many were ever told. */
  total = 0

  /** Function names, in the order in which they were seen. */
  get names(): readonly string[] {
    return [...this.#names.keys()]
  }

  /** Its colour, by number. */
  numberOf(name: string): number {
    return this.#names.get(name) ?? 0
  }

  /** Workers with bars, by their numbers. */
  strips(): Strip[] {
    return [...this.#strips.values()].sort((one, other) => one.workerId - other.workerId)
  }

  add(bar: TaskBar): void {
    if (!this.#names.has(bar.name)) this.#names.set(bar.name, freeColour(bar.name, new Set(this.#names.values())))
    const strip = this.#stripOf(bar.workerId)
    const before = this.#running.get(bar.key)
    if (before !== undefined) {
      const index = strip.bars.lastIndexOf(before)
      if (index >= 0) strip.bars[index] = this.#keep({ ...bar, row: before.row })
      return
    }
    this.total++
    const placed = this.#keep({ ...bar, row: this.#rowFor(strip, bar.start) })
    strip.rows = Math.max(strip.rows, placed.row + 1)
    insert(strip.bars, placed)
    if (strip.bars.length > KEPT) strip.bars.splice(0, KEPT / 4)
  }

  /** A worker is gone: what it ran has ended, whether or not that is told. */
  end(workerId: number, time: number): void {
    const bars = this.#strips.get(workerId)?.bars ?? []
    for (const [index, bar] of bars.entries()) {
      if (bar.outcome !== 'running') continue
      this.#running.delete(bar.key)
      bars[index] = { ...bar, end: time, outcome: 'lost' }
    }
  }

  /** Forgets what is too old to be shown, and workers that are gone and of which nothing is left. */
  trim(now: number, live: ReadonlySet<number>): void {
    for (const [id, strip] of this.#strips) {
      const keep = strip.bars.findIndex(({ end }) => end === undefined || end > now - LONGEST)
      strip.bars.splice(0, keep < 0 ? strip.bars.length : keep)
      if (strip.bars.length === 0 && !live.has(id)) this.#strips.delete(id)
    }
  }

  clear(): void {
    this.#strips.clear()
    this.#running.clear()
  }

  #stripOf(workerId: number): Strip {
    let strip = this.#strips.get(workerId)
    if (strip === undefined) {
      strip = { workerId, bars: [], rows: 1 }
      this.#strips.set(workerId, strip)
    }
    return strip
  }

  /** The first row that is free from `start` on. */
  #rowFor({ bars }: Strip, start: number): number {
    const rows = Math.min(this.concurrency, ROWS)
    const taken = new Array<boolean>(rows).fill(false)
    // Only the latest can reach into it; a little over is what the end took to be heard of.
    for (const { end = Infinity, row } of bars.slice(-ROWS * 4)) if (end > start + SLACK) taken[row] = true
    const free = taken.indexOf(false)
    return free < 0 ? rows - 1 : free
  }

  #keep(bar: PlacedBar): PlacedBar {
    if (bar.outcome === 'running') this.#running.set(bar.key, bar)
    else this.#running.delete(bar.key)
    return bar
  }
}

/** In the order of their beginnings; nearly always at the end. */
function insert(bars: PlacedBar[], bar: PlacedBar): void {
  let index = bars.length
  while (index > 0 && bars[index - 1]!.start > bar.start) index--
  bars.splice(index, 0, bar)
}

/** Made from the name, so that it is the same on every page; the next one if another name has it, as long as there are any. */
function freeColour(name: string, taken: ReadonlySet<number>): number {
  let hash = 0
  for (const character of name) hash = (Math.imul(hash, 31) + character.codePointAt(0)!) >>> 0
  for (let step = 0; step < COLOURS; step++) if (!taken.has((hash + step) % COLOURS)) return (hash + step) % COLOURS
  return hash % COLOURS
}
