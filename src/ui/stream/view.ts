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
const GAP = 5
const RIGHT = 8
const LEAST = 72
/** Functions that the legend names. */
const NAMED = 6

/** A place in the pool: the workers that have had it, one after the other. */
interface Lane {
  readonly label: string
  readonly isLive: boolean
  readonly strips: Strip[]
}

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
  /** By worker; one that replaces another takes its place. */
  readonly #places = new Map<number, number>()
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
    this.#places.clear()
  }

  setWorkers(workers: readonly WorkerStats[], concurrency: number): void {
    this.#workers = workers
    this.#bars.concurrency = concurrency
    for (const { id, place } of workers) this.#places.set(id, place)
    const live = new Set(workers.map(({ id }) => id))
    for (const { workerId } of this.#bars.strips()) if (!live.has(workerId)) this.#bars.end(workerId, this.#now())
    this.#bars.trim(this.#now(), live)
    const kept = new Set(this.#bars.strips().map(({ workerId }) => workerId))
    for (const id of this.#places.keys()) if (!live.has(id) && !kept.has(id)) this.#places.delete(id)
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
    const lanes = this.#lanes()
    const width = this.#canvas.clientWidth
    const height = Math.max(lanes.reduce((sum, lane) => sum + heightOf(lane) + GAP, GAP) + AXIS, LEAST)
    this.#fit(width, height)
    this.#context.clearRect(0, 0, width, height)
    this.#spots = []
    this.#drawAxis(width, height)
    let y = GAP
    for (const lane of lanes) {
      this.#drawLane(lane, y, width)
      y += heightOf(lane) + GAP
    }
    this.#drawChosen()
  }

  /** Of workers that are there, and of those that were within what is shown. */
  #lanes(): Lane[] {
    const since = this.#now() - this.#window
    const lanes = new Map<string, Lane>()
    const live = new Set(this.#workers.map(({ id }) => id))
    const known = this.#bars
      .strips()
      .filter(({ workerId, bars }) => live.has(workerId) || bars.some((bar) => (bar.end ?? Infinity) > since))
    const found = new Set(known.map(({ workerId }) => workerId))
    const idle = this.#workers
      .filter(({ id }) => !found.has(id))
      .map(({ id }): Strip => ({ workerId: id, bars: [], rows: 1 }))
    for (const strip of [...known, ...idle].sort((one, other) => one.workerId - other.workerId)) {
      const { workerId } = strip
      const place = this.#places.get(workerId)
      // One that came and went between two looks has none that is known.
      const key = place === undefined ? `worker ${workerId}` : `place ${String(place).padStart(6, '0')}`
      const isLive = live.has(workerId)
      const strips = [...(lanes.get(key)?.strips ?? []), strip]
      lanes.set(key, { label: isLive ? `#${workerId}` : `#${workerId} gone`, isLive, strips })
    }
    return [...lanes].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, lane]) => lane)
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
    const steps = width < 600 ? 2 : 5
    for (let step = 0; step <= steps; step++) {
      const x = LABEL + ((width - LABEL - RIGHT) * step) / steps
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

  #drawLane(lane: Lane, y: number, width: number): void {
    const context = this.#context
    const height = heightOf(lane)
    context.fillStyle = lane.isLive ? this.#paint.text : this.#paint.dim
    context.textAlign = 'left'
    context.fillText(lane.label, 12, y + height / 2 + 0.5)
    context.fillStyle = this.#paint.soft
    context.globalAlpha = 0.6
    context.fillRect(LABEL, y, width - LABEL - RIGHT, height)
    context.globalAlpha = 1
    const rowHeight = rowsOf(lane) === 1 ? height : ROW
    for (const strip of lane.strips) this.#drawBars(strip, y, width - LABEL - RIGHT, rowHeight)
  }

  #drawBars({ bars, rows }: Strip, y: number, room: number, rowHeight: number): void {
    const now = this.#now()
    const since = now - this.#window
    const scale = room / this.#window
    let [lastX, lastMarked] = [-1, false]
    for (const [index, bar] of bars.entries()) {
      // Its end is heard of a little late, and the next one may have begun by then.
      const end = Math.min(bar.end ?? now, rows === 1 ? (bars[index + 1]?.start ?? Infinity) : Infinity, now)
      if (end < since || bar.start > now) continue
      const from = LABEL + Math.max(0, bar.start - since) * scale
      const width = LABEL + (end - since) * scale - from
      const isMarked = MARKED[bar.outcome] !== undefined
      // Thousands fall into one pixel: what went wrong is to be seen all the same.
      if (rows === 1 && width < 1 && Math.floor(from) === lastX && (lastMarked || !isMarked)) continue
      lastX = Math.floor(from)
      lastMarked = isMarked
      const height = rowHeight - (rowHeight < STRIP ? 1 : 0)
      const spot = { bar, x: from, y: y + bar.row * rowHeight, width: Math.max(1.2, width - 0.6), height }
      this.#paint.bar(this.#context, [spot.x, spot.y, spot.width, height], bar.outcome, this.#bars.numberOf(bar.name))
      this.#spots.push(spot)
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
    const names = this.#bars.names.slice(0, NAMED).sort()
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
      ...names.map((name) => swatch('completed', this.#bars.numberOf(name), name)),
      ...marked.map(([outcome, label]) => swatch(outcome as keyof typeof MARKED, 0, label!)),
    )
  }
}

function rowsOf({ strips }: Lane): number {
  return Math.max(...strips.map(({ rows }) => rows))
}

function heightOf(lane: Lane): number {
  const rows = rowsOf(lane)
  return rows === 1 ? STRIP : rows * ROW + 2
}
