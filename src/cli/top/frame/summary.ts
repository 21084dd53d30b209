import type { Style } from '../../terminal/style.js'
import { bytes, count, duration, percent } from '../../terminal/units.js'
import { cut } from '../../terminal/width.js'
import type { Figures } from '../figures.js'
import type { View } from '../view.js'

const BARS = '▁▂▃▄▅▆▇█'
const LABEL = 9

/** The lines about the pool as a whole; without styles at most so many columns wide. */
export function summaryLines(view: View, columns: number, style: Style): string[] {
  const { figures } = view
  const parts: [label: string, words: (string | undefined)[], history?: readonly number[]][] = [
    ['tasks', taskWords(figures)],
    ['rate', [rateWords(view)], view.rates],
    ['queue', queueWords(figures)],
    ['wait', waitWords(figures)],
    ['run', timeWords(figures, 'runTime')],
    ['workers', workerWords(view)],
  ]
  const lines = parts.map(([label, words, history]) => {
    const shown = words.filter((word) => word !== undefined)
    const text = cut(shown.length === 0 ? '-' : shown.join('   '), columns - LABEL)
    const room = columns - LABEL - text.length - 3
    const graph =
      history === undefined || room < 8 ? '' : `   ${style.cyan(sparkline(history.slice(-Math.min(room, 60))))}`
    return `${style.dim(label.padEnd(LABEL))}${text}${graph}`
  })
  return [titleLine(view, columns, style), '', ...lines]
}

function titleLine(view: View, columns: number, style: Style): string {
  const { startMethod, generation, service = {} } = view.figures
  const words = [
    'hatchery',
    view.address,
    service.pid === undefined ? undefined : `pid ${service.pid}`,
    service.uptime === undefined ? undefined : `up ${duration(service.uptime)}`,
    startMethod,
    generation === undefined || generation === 1 ? undefined : `generation ${generation}`,
  ]
  const state = stateOf(view)
  const text = cut(words.filter((word) => word !== undefined).join('  '), columns - state.length - 2)
  const blank = ' '.repeat(Math.max(1, columns - text.length - state.length))
  const paint = state === 'running' ? style.green : view.lost === undefined ? style.yellow : style.red
  return `${style.bold(text)}${blank}${paint(state)}`
}

/** How the daemon is, in a word. */
export function stateOf({ lost, sample, figures: { service } }: View): string {
  if (lost !== undefined) return 'unreachable'
  if (sample === undefined) return 'connecting'
  if (service?.stopping === true) return 'stopping'
  return service?.quiet === true ? 'quiet' : 'running'
}

function taskWords(figures: Figures): (string | undefined)[] {
  const { completed, failed, cancelled, timedOut, lost, dropped, quarantined, retried } = figures
  return [
    completed === undefined ? undefined : `${count(completed)} done`,
    ...(
      [
        ['failed', failed],
        ['cancelled', cancelled],
        ['timed out', timedOut],
        ['lost', lost],
        ['dropped', dropped],
        ['quarantined', quarantined],
        ['retried', retried],
      ] as const
    ).map(([word, number]) => (number === undefined || number === 0 ? undefined : `${count(number)} ${word}`)),
  ]
}

function rateWords({ rates }: View): string {
  const rate = rates.at(-1)
  return rate === undefined ? '-' : `${count(rate < 100 ? Number(rate.toPrecision(2)) : rate)} tasks/s`
}

function queueWords({ queued, queues, running, pending }: Figures): (string | undefined)[] {
  return [
    queued === undefined ? undefined : `${count(queued)} waiting`,
    queues && `high ${count(queues.high)}  normal ${count(queues.normal)}  low ${count(queues.low)}`,
    running === undefined ? undefined : `${count(running)} with workers`,
    pending === undefined ? undefined : `${count(pending)} pending`,
  ]
}

/** Percentiles; from a daemon that has none, how long tasks begun lately had waited. */
function waitWords(figures: Figures): (string | undefined)[] {
  const { waits } = figures
  if (figures.waitTime !== undefined) return timeWords(figures, 'waitTime')
  return [waits && `lately: high ${duration(waits.high)}  normal ${duration(waits.normal)}  low ${duration(waits.low)}`]
}

/** Of the last minute; an older daemon knows them since its start alone. */
function timeWords({ service, ...since }: Figures, which: 'waitTime' | 'runTime'): (string | undefined)[] {
  const recent = service?.recent
  const times = recent?.[which] ?? since[which]
  if (times === undefined) return []
  const span = recent === undefined ? 'since the start' : `in the last ${duration(recent.window)}`
  const { p50, p99, p99_9, max, count: number } = times
  if (number === 0) return recent === undefined ? [] : [`none ${span}`]
  return [
    `p50 ${duration(p50)}`,
    `p99 ${duration(p99)}`,
    p99_9 === undefined ? undefined : `p99.9 ${duration(p99_9)}`,
    max === undefined ? undefined : `max ${duration(max)}`,
    `${number === undefined ? 'of tasks' : `over ${count(number)} tasks`} ${span}`,
  ]
}

function workerWords({ figures, busyShare }: View): (string | undefined)[] {
  const { workers, workersCrashed, sharedMemoryUsed = 0, service = {} } = figures
  const { minWorkers, maxWorkers } = service
  const range = minWorkers === maxWorkers ? `fixed at ${maxWorkers}` : `of ${minWorkers} to ${maxWorkers}`
  return [
    workers === undefined ? undefined : `${workers.length}${maxWorkers === undefined ? '' : ` (${range})`}`,
    busyShare === undefined ? undefined : `${percent(busyShare)} busy`,
    workersCrashed === undefined ? undefined : `${count(workersCrashed)} crashed`,
    sharedMemoryUsed === 0 ? undefined : `${bytes(sharedMemoryUsed)} shared`,
  ]
}

/** Values as a row of bars, the highest of them full. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(...values, 0)
  return values.map((value) => BARS[most === 0 ? 0 : Math.round((value / most) * (BARS.length - 1))]).join('')
}
