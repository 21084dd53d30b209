/** How bars look: functions have colours, and what went wrong has a colour and a pattern of its own. */
import type { Outcome } from '../../api/dashboard.js'
import { colour } from '../dom.js'

const FUNCTIONS = ['c-blue', 'c-teal', 'c-ochre', 'c-plum', 'c-sky', 'c-slate'] as const

/** Outcomes that do not look like their function, with their names. */
export const MARKED: Readonly<Partial<Record<Outcome, string>>> = {
  failed: 'failed',
  'timed-out': 'timed out',
  lost: 'worker lost',
  retried: 'retried',
  cancelled: 'cancelled',
}

/** Colours and patterns of this moment. */
export class Paint {
  readonly functions = FUNCTIONS.map((name) => colour(name))
  readonly text = colour('text')
  readonly dim = colour('dim')
  readonly line = colour('line')
  readonly soft = colour('soft')
  readonly panel = colour('panel')
  readonly #failed = colour('o-failed')
  readonly #cancelled = colour('o-cancelled')
  readonly #patterns: Readonly<Partial<Record<Outcome, CanvasPattern | string>>>

  constructor(context: CanvasRenderingContext2D) {
    this.#patterns = {
      failed: this.#pattern(context, (pen) => stroke(pen, [0, 0, 8, 8])),
      'timed-out': this.#pattern(context, (pen) => stroke(pen, [0, 8, 8, 0])),
      retried: this.#pattern(context, (pen) => stroke(pen, [0, 4, 8, 4])),
      lost: this.#pattern(context, (pen) => {
        stroke(pen, [0, 0, 8, 8])
        stroke(pen, [0, 8, 8, 0])
      }),
      cancelled: this.#cancelled,
    }
  }

  /** Draws one bar. */
  bar(
    context: CanvasRenderingContext2D,
    [x, y, width, height]: readonly [number, number, number, number],
    outcome: Outcome,
    name: number,
  ): void {
    const own = this.functions[name % this.functions.length]!
    const pattern = this.#patterns[outcome]
    context.fillStyle = pattern === undefined ? own : width < 4 && outcome !== 'cancelled' ? this.#failed : pattern
    // What went wrong stands out by its height, too: a bar may be too narrow for a pattern.
    const more = pattern === undefined ? 0 : 2
    context.fillRect(x, y - more, width, height + 2 * more)
    if (outcome === 'running' && width > 4) {
      // It has no end yet.
      context.fillStyle = this.panel
      context.fillRect(x + width - 2, y, 1, height)
    } else if (outcome === 'cancelled' && width > 4 && height > 4) {
      context.fillStyle = this.panel
      context.fillRect(x + 1.5, y + 1.5, width - 3, height - 3)
    }
  }

  #pattern(context: CanvasRenderingContext2D, draw: (pen: CanvasRenderingContext2D) => void): CanvasPattern {
    const tile = document.createElement('canvas')
    tile.width = tile.height = 8
    const pen = tile.getContext('2d')!
    pen.fillStyle = this.#failed
    pen.fillRect(0, 0, 8, 8)
    pen.strokeStyle = this.panel
    pen.lineWidth = 1.5
    draw(pen)
    return context.createPattern(tile, 'repeat')!
  }
}

function stroke(pen: CanvasRenderingContext2D, [x1, y1, x2, y2]: readonly [number, number, number, number]): void {
  pen.beginPath()
  pen.moveTo(x1, y1)
  pen.lineTo(x2, y2)
  pen.stroke()
}
