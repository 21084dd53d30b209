/** Four small charts of the last minutes. */
import uPlot from 'uplot'
import type { Sample } from '../api/dashboard.js'
import { colour, element, onScheme } from './dom.js'
import { count, span } from './format.js'

interface Line {
  readonly label: string
  readonly colour: string
  readonly dash?: 1 | 2
  readonly fill?: boolean
  readonly of: (sample: Sample) => number | null
}

interface Description {
  readonly title: string
  readonly format: (value: number) => string
  readonly logarithmic?: boolean
  readonly lines: readonly Line[]
}

const DASHES = { 1: [6, 3], 2: [2, 2] } as const
const HEIGHT = 128
/** Minutes that are shown, and samples that are kept for them. */
const KEPT = 600
/** At least so long a time is shown, in seconds. */
const SHORTEST = 60

const time = (seconds: number) => span(seconds * 1000)

function quantileLines(of: (sample: Sample) => readonly (number | null)[]): Line[] {
  return [
    { label: 'p50', colour: 'c-teal', of: (sample) => of(sample)[0]! },
    { label: 'p95', colour: 'c-blue', dash: 1, of: (sample) => of(sample)[1]! },
    { label: 'p99', colour: 'c-plum', dash: 2, of: (sample) => of(sample)[2]! },
  ]
}

const CHARTS: readonly Description[] = [
  {
    title: 'Tasks per second',
    format: count,
    lines: [
      { label: 'completed', colour: 'c-teal', fill: true, of: ({ completed }) => completed },
      { label: 'failed', colour: 'o-failed', dash: 1, of: ({ failed }) => failed },
    ],
  },
  {
    title: 'Queue',
    format: count,
    lines: [
      { label: 'waiting', colour: 'c-blue', fill: true, of: ({ queued }) => queued },
      { label: 'running', colour: 'c-teal', dash: 1, of: ({ running }) => running },
    ],
  },
  { title: 'Wait', format: time, logarithmic: true, lines: quantileLines(({ wait }) => wait) },
  { title: 'Run', format: time, logarithmic: true, lines: quantileLines(({ run }) => run) },
]

/** Charts of what the daemon has sampled. */
export class Charts {
  readonly #place: HTMLElement
  #samples: Sample[] = []
  #plots: { readonly plot: uPlot; readonly lines: readonly Line[] }[] = []

  constructor(place: HTMLElement) {
    this.#place = place
    onScheme(() => this.#make())
    this.#make()
    new ResizeObserver(() => this.#resize()).observe(place)
  }

  /** All there is. */
  reset(samples: readonly Sample[]): void {
    this.#samples = [...samples]
    this.#draw()
  }

  add(sample: Sample): void {
    this.#samples.push(sample)
    if (this.#samples.length > KEPT) this.#samples.shift()
    this.#draw()
  }

  #make(): void {
    for (const { plot } of this.#plots) plot.destroy()
    const figures = CHARTS.map((chart) => {
      const room = element('div')
      const keys = chart.lines.map((line) => {
        const stroke = element('i', { 'data-dash': line.dash })
        stroke.style.borderColor = colour(line.colour)
        return element('span', { class: 'key' }, stroke, line.label)
      })
      const caption = element('figcaption', {}, element('h3', {}, chart.title), ...keys)
      return { chart, room, figure: element('figure', { class: 'chart', 'aria-label': chart.title }, caption, room) }
    })
    this.#place.replaceChildren(...figures.map(({ figure }) => figure))
    this.#plots = figures.map(({ chart, room }) => {
      const plot = new uPlot(optionsOf(chart, room.clientWidth || 280), [[]], room)
      return { plot, lines: chart.lines }
    })
    this.#draw()
  }

  #resize(): void {
    for (const { plot } of this.#plots) {
      const width = plot.root.parentElement!.clientWidth
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT })
    }
  }

  #draw(): void {
    // Seconds before the latest sample: no clock and no time zone is needed to read them.
    const last = this.#samples.at(-1)?.time ?? 0
    const times = this.#samples.map((sample) => (sample.time - last) / 1000)
    for (const { plot, lines } of this.#plots) {
      plot.setData([times, ...lines.map(({ of }) => this.#samples.map(of))] as uPlot.AlignedData)
    }
  }
}

function optionsOf({ format, logarithmic = false, lines }: Description, width: number): uPlot.Options {
  const [dim, line] = [colour('dim'), colour('line')]
  const font = '11px system-ui, sans-serif'
  const axis = { stroke: dim, font, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    padding: [8, 18, 0, 0],
    cursor: { sync: { key: 'time' }, drag: { x: false, y: false }, y: false, points: { size: 5 } },
    scales: {
      x: { time: false, range: (_plot, min) => [Math.min(min ?? 0, -SHORTEST), 0] },
      y: logarithmic
        ? { distr: 3, range: (_plot, min, max) => decades(min, max) }
        : { range: (_plot, _min, max) => [0, Math.max((max ?? 0) * 1.1, 5)] },
    },
    axes: [
      { ...axis, size: 24, gap: 7, space: 60, grid: { show: false }, values: (_plot, ticks) => ticks.map(before) },
      {
        ...axis,
        size: 52,
        gap: 4,
        space: 26,
        values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))),
        // Of a decade only its beginning.
        ...(logarithmic && { filter: powers, grid: { ...axis.grid, filter: powers } }),
      },
    ],
    series: [
      {},
      ...lines.map(({ label, colour: name, dash, fill }) => ({
        label,
        stroke: colour(name),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
        ...(dash !== undefined && { dash: [...DASHES[dash]] }),
        ...(fill && { fill: `color-mix(in srgb, ${colour(name)} 14%, transparent)` }),
      })),
    ],
    plugins: [readout(format, lines)],
  }
}

/** Says in the caption what the lines are where the pointer is. */
function readout(format: (value: number) => string, lines: readonly Line[]): uPlot.Plugin {
  return {
    hooks: {
      setCursor(plot) {
        const keys = plot.root.closest('figure')?.querySelectorAll('.key') ?? []
        const index = plot.cursor.idx
        for (const [number, { label }] of lines.entries()) {
          const value = index === null || index === undefined ? undefined : plot.data[number + 1]?.[index]
          const text = value === undefined || value === null ? label : `${label} ${format(value)}`
          const node = keys[number]?.lastChild
          if (node && node.textContent !== text) node.textContent = text
        }
      },
    },
  }
}

function decades(min: number | null, max: number | null): [number, number] {
  if (min === null || max === null || !(min > 0)) return [1e-4, 1]
  const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))]
  return [10 ** Math.min(low, high - 2), 10 ** high]
}

function powers(_plot: uPlot, ticks: number[]): (number | null)[] {
  return ticks.map((tick) => (isPower(tick) ? tick : null))
}

function isPower(value: number): boolean {
  return Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6
}

function before(seconds: number): string {
  if (seconds === 0) return 'now'
  return -seconds % 60 === 0 ? `−${-seconds / 60} min` : `−${-seconds} s`
}
