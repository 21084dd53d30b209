import type { Style } from '../../terminal/style.js'
import { bytes, count, duration, percent } from '../../terminal/units.js'
import { fill, harmless } from '../../terminal/width.js'
import type { WorkerFigures } from '../figures.js'
import type { View } from '../view.js'

interface Cell {
  readonly title: string
  readonly width: number
  readonly side: 'left' | 'right'
  text(worker: WorkerFigures, view: View): string
}

/** The task's name gets what is left. */
const LEAST_TASK = 8

const CELLS: readonly Cell[] = [
  { title: 'ID', width: 5, side: 'right', text: ({ id }) => String(id) },
  { title: 'PID', width: 8, side: 'right', text: ({ pid }) => (pid === 0 ? '-' : String(pid)) },
  { title: 'STATE', width: 9, side: 'left', text: workerState },
  { title: 'TASK', width: 0, side: 'left', text: taskOf },
  { title: 'FOR', width: 8, side: 'right', text: ({ tasks }) => (tasks?.[0] ? duration(tasks[0].duration) : '-') },
  { title: 'DONE', width: 11, side: 'right', text: ({ completed }) => numberOrNone(completed) },
  { title: 'RESTARTS', width: 8, side: 'right', text: ({ restarts }) => numberOrNone(restarts) },
  { title: 'RSS', width: 8, side: 'right', text: ({ rss }) => (rss === undefined ? '-' : bytes(rss)) },
  {
    title: 'CPU',
    width: 6,
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
  const fixed = CELLS.reduce((sum, { width }) => sum + width + 1, 0)
  const task = Math.max(LEAST_TASK, columns - fixed - 2)
  const line = (textOf: (cell: Cell) => string) =>
    CELLS.map((cell) => fill(textOf(cell), cell.width || task, cell.side)).join(' ')
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
  if (first === undefined) return inFlight === 0 ? '-' : `${count(inFlight)} tasks`
  return `${harmless(first.name)}${inFlight > 1 ? ` +${count(inFlight - 1)}` : ''}`
}

function numberOrNone(number: number | undefined): string {
  return number === undefined ? '-' : count(number)
}
