/** The task stream: a strip per worker, a bar per task, as time goes by. */
import type { DashboardEvents } from '../../api/dashboard.js'
import type { WorkerStats } from '../../host/stats.js'
import { byId, element, onScheme, setText } from '../dom.js'
import { count, span } from '../format.js'
import { Bars, type PlacedBar, type Strip } from './bars.js'
import { MARKED, Paint } from './paint.js'
import { Tip } from './tip.js'

/** Bars are told a little late: what is shown ends so many milliseconds ago. */
const LAG = 500
const LABEL = 74
const AXIS = 20
const STRIP = 18
const ROW = 8
const GAP = 4
/** Functions that the legend names. */
const NAMED = 6

/** Where a bar is drawn, to be found under the pointer. */
interface Spot {
  readonly bar: PlacedBar
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export class TaskStream {
  readonly #canvas = byId('stream').querySelector('canvas')!
  readonly #context = this.#canvas.getContext('2d')!
  readonly #bars = new Bars()
  readonly #tip = new Tip()
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)')
  #paint = new Paint(this.#context)
  #workers: readonly WorkerStats[] = []
  #spots: Spot[] = []
  #chosen: PlacedBar | undefined
  #window = 30_000
  #pausedAt: number | undefined
  #offset = 0
  #skipped = 0
  #drawnAt = 0
  #legend = ''

  constructor() {
    onScheme(() => {
      this.#paint = new Paint(this.#context)
      this.#legend = ''
      this.#draw()
    })
    byId<HTMLSelectElement>('stream-window').addEventListener('change', ({ target }) => {
      this.#window = Number((target as HTMLSelectElement).value)
      this.#draw()
    })
    byId('stream-pause').addEventListener('click', () => this.#pause())
    this.#canvas.addEventListener('pointermove', (event) => this.#point(event))
    this.#canvas.addEventListener('pointerdown', (event) => this.#point(event))
    this.#canvas.addEventListener('pointerleave', () => this.#choose(undefined))
    this.#canvas.addEventListener('blur', () => this.#choose(undefined))
    this.#canvas.addEventListener('keydown', (event) => this.#move(event))
    new ResizeObserver(() => this.#draw()).observe(this.#canvas.parentElement!)
    requestAnimationFrame(() => this.#frame())
  }

  /** The daemon is there, and this is its clock. */
  begin(time: number): void {
    this.#offset = time - Date.now()
    this.#bars.clear()
  }

  setWorkers(workers: readonly WorkerStats[]): void {
    this.#workers = workers
    const live = new Set(workers.map(({ id }) => id))
    for (const { workerId } of this.#bars.strips()) if (!live.has(workerId)) this.#bars.end(workerId, this.#now())
    this.#bars.trim(this.#now(), live)
  }

  add({ bars, skipped }: DashboardEvents['tasks']): void {
    for (const bar of bars) this.#bars.add(bar)
    this.#skipped = this.#skipped * 0.8 + (skipped / Math.max(1, bars.length)) * 0.2
    const note = this.#skipped > 0.05 ? `One of ${count(Math.ceil(this.#skipped + 1))} tasks is shown` : ''
    setText(byId('stream-note'), note)
    byId('stream').dataset['bars'] = String(this.#bars.total)
    byId('stream-empty').hidden = this.#bars.total > 0
    this.#showLegend()
  }

  /** The end of what is shown, by the daemon's clock. */
  #now(): number {
    return this.#pausedAt ?? Date.now() + this.#offset - LAG
  }

  #pause(): void {
    this.#pausedAt = this.#pausedAt === undefined ? this.#now() : undefined
    const button = byId('stream-pause')
    button.setAttribute('aria-pressed', String(this.#pausedAt !== undefined))
    this.#draw()
  }

  #frame(): void {
    requestAnimationFrame(() => this.#frame())
    const pause = this.#calm.matches ? 1000 : this.#window > 60_000 ? 200 : 33
    if (document.hidden || this.#pausedAt !== undefined || performance.now() - this.#drawnAt < pause) return
    this.#draw()
  }

  #draw(): void {
    this.#drawnAt = performance.now()
    const strips = this.#strips()
    const width = this.#canvas.clientWidth
    const height = strips.reduce((sum, strip) => sum + heightOf(strip) + GAP, GAP) + AXIS
    this.#fit(width, Math.max(height, 72))
    const context = this.#context
    context.clearRect(0, 0, width, height)
    this.#spots = []
    const now = this.#now()
    this.#drawAxis(width, height)
    let y = GAP
    for (const strip of strips) {
      this.#drawStrip(strip, y, width, now)
      y += heightOf(strip) + GAP
    }
    this.#drawChosen()
  }

  /** Those of workers that are there, and of those that have been within what is shown. */
  #strips(): Strip[] {
    const since = this.#now() - this.#window
    const known = new Map(this.#bars.strips().map((strip) => [strip.workerId, strip]))
    for (const { id } of this.#workers) if (!known.has(id)) known.set(id, { workerId: id, bars: [], rows: 1 })
    const live = new Set(this.#workers.map(({ id }) => id))
    return [...known.values()]
      .filter(({ workerId, bars }) => live.has(workerId) || bars.some(({ end = Infinity }) => end > since))
      .sort((one, other) => one.workerId - other.workerId)
  }

  #fit(width: number, height: number): void {
    const ratio = devicePixelRatio || 1
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio)
      this.#canvas.height = Math.round(height * ratio)
      this.#canvas.style.height = `${height}px`
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0)
  }

  #drawAxis(width: number, height: number): void {
    const context = this.#context
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    const steps = width < 600 ? 3 : 6
    for (let step = 0; step <= steps; step++) {
      const x = LABEL + ((width - LABEL - 8) * step) / steps
      context.fillStyle = this.#paint.line
      context.fillRect(Math.round(x), 0, 1, height - AXIS)
      context.fillStyle = this.#paint.dim
      context.textAlign = step === steps ? 'right' : 'center'
      const before = this.#window * (1 - step / steps)
      context.fillText(
        step === steps ? (this.#pausedAt === undefined ? 'now' : 'paused') : `−${span(before)}`,
        x,
        height - 10,
      )
    }
  }

  #drawStrip(strip: Strip, y: number, width: number, now: number): void {
    const context = this.#context
    const height = heightOf(strip)
    const isLive = this.#workers.some(({ id }) => id === strip.workerId)
    context.fillStyle = isLive ? this.#paint.text : this.#paint.dim
    context.textAlign = 'left'
    context.fillText(`#${strip.workerId}${isLive ? '' : ' gone'}`, 12, y + height / 2 + 0.5)
    const room = width - LABEL - 8
    context.fillStyle = this.#paint.soft
    context.globalAlpha = 0.6
    context.fillRect(LABEL, y, room, height)
    context.globalAlpha = 1
    const rowHeight = strip.rows === 1 ? height : ROW
    let [lastX, lastWorst] = [-1, false]
    for (const bar of strip.bars) {
      const end = bar.end ?? now
      if (end < now - this.#window || bar.start > now) continue
      const from = Math.max(0, 1 - (now - bar.start) / this.#window) * room + LABEL
      const to = Math.min(1, 1 - (now - end) / this.#window) * room + LABEL
      const isMarked = MARKED[bar.outcome] !== undefined
      // Thousands fall into one pixel: what went wrong is to be seen all the same.
      const x = Math.floor(from)
      if (strip.rows === 1 && to - from < 1 && x === lastX && (lastWorst || !isMarked)) continue
      lastX = x
      lastWorst = isMarked
      const shape = [
        from,
        y + bar.row * rowHeight,
        Math.max(1.2, to - from - 0.6),
        rowHeight - (strip.rows > 1 ? 1 : 0),
      ] as const
      this.#paint.bar(context, shape, bar.outcome, this.#bars.numberOf(bar.name))
      this.#spots.push({ bar, x: shape[0], y: shape[1], width: shape[2], height: shape[3] })
    }
  }

  #drawChosen(): void {
    const spot = this.#spots.find(({ bar }) => bar.key === this.#chosen?.key)
    if (spot === undefined) return
    this.#context.strokeStyle = this.#paint.text
    this.#context.lineWidth = 2
    this.#context.strokeRect(spot.x - 1, spot.y, Math.max(3, spot.width + 2), spot.height)
  }

  #point(event: PointerEvent): void {
    const { offsetX: x, offsetY: y } = event
    let best: Spot | undefined
    let distance = 5
    for (const spot of this.#spots) {
      if (y < spot.y || y > spot.y + spot.height) continue
      const away = Math.max(spot.x - x, x - spot.x - spot.width, 0)
      if (away < distance) [best, distance] = [spot, away]
    }
    this.#choose(best, event.clientX, event.clientY)
  }

  #choose(spot: Spot | undefined, x?: number, y?: number): void {
    this.#chosen = spot?.bar
    if (spot === undefined) this.#tip.hide()
    else {
      const box = this.#canvas.getBoundingClientRect()
      this.#tip.show(spot.bar, x ?? box.left + spot.x, y ?? box.top + spot.y + spot.height, this.#now())
    }
    this.#draw()
  }

  /** From bar to bar along a strip, and from strip to strip. */
  #move(event: KeyboardEvent): void {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (event.key === 'Escape') this.#choose(undefined)
    if (step === undefined || this.#spots.length === 0) return
    event.preventDefault()
    const current = this.#spots.find(({ bar }) => bar.key === this.#chosen?.key)
    if (current === undefined) return this.#say(this.#spots.at(-1)!)
    const strip = this.#spots.filter(({ bar }) => bar.workerId === current.bar.workerId)
    if (step[0] !== 0) return this.#say(strip[strip.indexOf(current) + step[0]!] ?? current)
    const ids = [...new Set(this.#spots.map(({ bar }) => bar.workerId))]
    const id = ids[ids.indexOf(current.bar.workerId) + step[1]!]
    const others = this.#spots.filter(({ bar }) => bar.workerId === id)
    const nearest = others.sort((one, other) => Math.abs(one.x - current.x) - Math.abs(other.x - current.x))[0]
    this.#say(nearest ?? current)
  }

  #say(spot: Spot): void {
    this.#choose(spot)
    setText(byId('spoken'), this.#tip.text)
  }

  #showLegend(): void {
    const seen = new Set(this.#bars.strips().flatMap(({ bars }) => bars.map(({ outcome }) => outcome)))
    const marked = Object.entries(MARKED).filter(([outcome]) => seen.has(outcome as keyof typeof MARKED))
    const names = this.#bars.names.slice(0, NAMED)
    const wanted = JSON.stringify([names, marked])
    if (wanted === this.#legend) return
    this.#legend = wanted
    const swatch = (outcome: Parameters<Paint['bar']>[2], name: number, label: string) => {
      const canvas = element('canvas', { width: 28, height: 20, 'aria-hidden': true })
      const context = canvas.getContext('2d')!
      context.scale(2, 2)
      new Paint(context).bar(context, [0, 0, 14, 10], outcome, name)
      return element('li', {}, canvas, label)
    }
    byId('legend').replaceChildren(
      ...names.map((name, index) => swatch('completed', index, name)),
      ...marked.map(([outcome, label]) => swatch(outcome as keyof typeof MARKED, 0, label!)),
    )
  }
}

function heightOf({ rows }: Strip): number {
  return rows === 1 ? STRIP : rows * ROW + 2
}
