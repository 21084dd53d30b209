import type { Style } from '../../terminal/style.js'
import { bytes, count, duration, percent } from '../../terminal/units.js'
import { fill, harmless } from '../../terminal/width.js'
import type { WorkerFigures } from '../figures.js'
import type { View } from '../view.js'

interface Cell {
  readonly title: string
  /** At least; it is as wide as what it has to show. */
  readonly width: number
  readonly side: 'left' | 'right'
  /** Where there is no room for all, those with the least of these are left out first. */
  readonly rank?: number
  text(worker: WorkerFigures, view: View): string
}

/** Columns that the selection takes. */
const MARK = 2

const TASK: Cell = { title: 'TASK', width: 8, side: 'left', text: taskOf }

const CELLS: readonly Cell[] = [
  { title: 'ID', width: 3, side: 'right', rank: 4, text: ({ id }) => String(id) },
  { title: 'PID', width: 6, side: 'right', text: ({ pid }) => (pid === 0 ? '-' : String(pid)) },
  { title: 'STATE', width: 8, side: 'left', text: workerState },
  TASK,
  {
    title: 'FOR',
    width: 7,
    side: 'right',
    rank: 5,
    text: ({ tasks }) => (tasks?.[0] ? duration(tasks[0].duration) : '-'),
  },
  { title: 'DONE', width: 7, side: 'right', rank: 3, text: ({ completed }) => numberOrNone(completed) },
  { title: 'RESTARTS', width: 8, side: 'right', rank: 1, text: ({ restarts }) => numberOrNone(restarts) },
  { title: 'RSS', width: 7, side: 'right', rank: 2, text: ({ rss }) => (rss === undefined ? '-' : bytes(rss)) },
  {
    title: 'CPU',
    width: 5,
    side: 'right',
    text({ id }, view) {
      const share = view.processorShare(id)
      return share === undefined ? '-' : percent(share)
    },
  },
]

/** The table of workers in so many rows, the selected one among them. */
export function workerLines(
  view: View,
  selected: number | undefined,
  { columns, rows }: { columns: number; rows: number },
  style: Style,
): string[] {
  const { workers } = view
  const shownCells = layout(view, columns)
  const line = (textOf: (cell: Cell) => string) =>
    shownCells.map(({ cell, width }) => fill(textOf(cell), width, cell.side)).join(' ')
  const title = style.bold(fill(`  ${line(({ title }) => title)}`, columns))
  const room = Math.max(1, rows - 1)
  const at = Math.max(
    0,
    workers.findIndex(({ id }) => id === selected),
  )
  const from = Math.max(0, Math.min(at - (room >> 1), workers.length - room))
  const shown = workers.slice(from, from + room).map((worker) => {
    const text = line((cell) => cell.text(worker, view))
    if (worker.id === selected) return style.inverse(fill(`> ${text}`, columns))
    return colorOf(worker, style)(fill(`  ${text}`, columns))
  })
  return [title, ...shown]
}

/** The columns there is room for, with their widths; what is left is for the tasks' names. */
function layout(view: View, columns: number): { readonly cell: Cell; readonly width: number }[] {
  const placed = CELLS.map((cell) => {
    const widths = cell === TASK ? [] : view.workers.map((worker) => cell.text(worker, view).length)
    return { cell, width: Math.max(cell.width, ...widths) }
  })
  const left = () => columns - MARK + 1 - placed.reduce((sum, { width }) => sum + width + 1, 0)
  while (left() < 0) {
    const [least] = placed.filter(({ cell }) => cell.rank !== undefined).sort((a, b) => a.cell.rank! - b.cell.rank!)
    if (least === undefined) break
    placed.splice(placed.indexOf(least), 1)
  }
  const more = Math.max(0, left())
  return placed.map(({ cell, width }) => ({ cell, width: cell === TASK ? width + more : width }))
}

/** One word: what sets it apart first, else how it is. */
export function workerState({ state, health, spare, leaving }: WorkerFigures): string {
  if (leaving === true) return 'leaving'
  if (state !== 'running') return state
  if (spare === true) return 'spare'
  return health ?? state
}

function colorOf(worker: WorkerFigures, style: Style): (text: string) => string {
  const state = workerState(worker)
  if (state === 'blocked' || state === 'stopped' || state === 'crashed') return style.red
  if (state === 'starting' || state === 'created' || state === 'leaving') return style.yellow
  return state === 'busy' ? (text) => text : style.dim
}

function taskOf({ tasks, inFlight = 0 }: WorkerFigures): string {
  const first = tasks?.[0]
  if (first === undefined) return inFlight === 0 ? '-' : `${count(inFlight)} ${inFlight === 1 ? 'task' : 'tasks'}`
  return `${harmless(first.name)}${inFlight > 1 ? ` +${count(inFlight - 1)}` : ''}`
}

function numberOrNone(number: number | undefined): string {
  return number === undefined ? '-' : count(number)
}
