import type { Style } from '../../terminal/style.js'
import { cut } from '../../terminal/width.js'
import type { View } from '../view.js'
import { crashLines, eventLines } from './happenings.js'
import { summaryLines } from './summary.js'
import { workerLines } from './workers.js'

/** What is on the screen beside the figures. */
export interface Face {
  /** The worker that keys act on. */
  readonly selected: number | undefined
  /** At the bottom: a question, or what came of the last key. */
  readonly message: string | undefined
  readonly help: boolean
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** Less than this shows nothing of use. */
const LEAST: Size = { columns: 40, rows: 10 }

const KEYS = 'q quit  ? help  p quiet/resume  r restart worker  R restart all  +/- resize'
const HELP = [
  'q, Ctrl-C   quit',
  'p           take no more tasks (quiet), or take them again (resume)',
  'up, down    select a worker (or k, j)',
  'r           restart the selected worker, when it has ended what it has begun',
  'R           restart all workers, some at a time',
  '+, -        one worker more or less at most; of a fixed number, more or less',
  'Ctrl-Z      suspend',
  '? or h      this',
]

/** All lines of the screen, exactly as many as it has rows. */
export function frameOf(view: View, face: Face, size: Size, style: Style): string[] {
  const { columns, rows } = size
  if (columns < LEAST.columns || rows < LEAST.rows) {
    return fill([cut(`at least ${LEAST.columns} x ${LEAST.rows} needed`, columns)], rows)
  }
  const footer = face.message === undefined ? style.dim(cut(KEYS, columns)) : style.bold(cut(face.message, columns))
  const head = [...summaryLines(view, columns, style), '']
  if (face.help) return [...fill([...head, ...HELP.map((line) => cut(line, columns))], rows - 1), footer]
  const room = rows - head.length - 1
  const trouble = view.lost === undefined ? [] : [style.red(cut(view.lost, columns)), '']
  const body = [...trouble, ...bodyLines(view, face, { columns, rows: room - trouble.length }, style)]
  return [...fill([...head, ...body], rows - 1), footer]
}

/** All there is, however many lines it takes: for what is no terminal. */
export function pageOf(view: View, columns: number, style: Style): string[] {
  const rows = Number.POSITIVE_INFINITY
  const workers = workerLines(view, undefined, { columns, rows: view.workers.length + 1 }, style)
  const crashes = crashLines(view.sample?.crashes ?? [], { columns, rows }, style)
  const lines = [...summaryLines(view, columns, style), '', ...workers]
  return (crashes.length === 0 ? lines : [...lines, '', ...crashes]).map((line) => line.trimEnd())
}

/** Workers first; what is left is for crashes, then for events. Many workers leave some room to the crashes. */
function bodyLines(view: View, { selected }: Face, { columns, rows }: Size, style: Style): string[] {
  const crashes = view.sample?.crashes ?? []
  const reserved = crashes.length === 0 ? 0 : Math.min(6, Math.floor(rows / 2))
  const workers = workerLines(
    view,
    selected,
    { columns, rows: Math.max(2, Math.min(view.workers.length + 1, rows - reserved)) },
    style,
  )
  let left = rows - workers.length - 1
  const eventRoom = view.events.length === 0 ? 0 : Math.min(view.events.length + 1, Math.floor(left / 3))
  const crashed = crashLines(crashes, { columns, rows: left - eventRoom }, style)
  if (crashed.length > 0) left -= crashed.length + 1
  const lately = eventLines(view.events, { columns, rows: left }, style)
  return [workers, crashed, lately].filter((part) => part.length > 0).flatMap((part) => [...part, ''])
}

function fill(lines: readonly string[], rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => lines[row] ?? '')
}
