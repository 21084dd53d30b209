/** The figures of the moment. */
import type { Sample } from '../api/dashboard.js'
import type { DaemonStats } from '../api/types.js'
import { byId, element, setText } from './dom.js'
import { bytes, count, percent, span } from './format.js'

interface Tile {
  readonly title: string
  /** Value, what is beside it in small, and a line below. */
  readonly show: (stats: DaemonStats, sample: Sample | undefined) => readonly [string, string, string]
  readonly isBad?: (stats: DaemonStats, sample: Sample | undefined) => boolean
}

const seconds = (value: number | null | undefined) => (value === null || value === undefined ? '–' : span(value * 1000))

/** Those there are, most first. */
function listed(counts: Readonly<Record<string, number>>): string {
  const some = Object.entries(counts).filter(([, number]) => number > 0)
  const sorted = some.sort(([, one], [, other]) => other - one)
  return sorted.length === 0 ? 'none so far' : sorted.map(([name, number]) => `${count(number)} ${name}`).join(', ')
}

const TILES: readonly Tile[] = [
  {
    title: 'Throughput',
    show: ({ completed }, sample) => [count(Math.round(sample?.completed ?? 0)), '/s', `${count(completed)} completed`],
  },
  {
    title: 'Waiting',
    show: ({ queued, queues }) => [
      count(queued),
      queued === 1 ? 'task' : 'tasks',
      `${count(queues.high)} high, ${count(queues.normal)} normal, ${count(queues.low)} low`,
    ],
  },
  {
    title: 'Wait',
    show: (_stats, sample) => [
      seconds(sample?.wait[0]),
      'p50',
      `p95 ${seconds(sample?.wait[1])}, p99 ${seconds(sample?.wait[2])}`,
    ],
  },
  {
    title: 'Run',
    show: (_stats, sample) => [
      seconds(sample?.run[0]),
      'p50',
      `p95 ${seconds(sample?.run[1])}, p99 ${seconds(sample?.run[2])}`,
    ],
  },
  {
    title: 'Workers',
    show: ({ workers, running, service }) => [
      count(workers.length),
      service.minWorkers === service.maxWorkers
        ? `of ${service.maxWorkers}`
        : `of ${service.minWorkers}–${service.maxWorkers}`,
      `${count(running)} tasks handed out`,
    ],
  },
  {
    title: 'Rejected',
    show: ({ rejected, failed, timedOut, cancelled, lost, dropped, quarantined }, sample) => [
      count(rejected),
      sample !== undefined && sample.failed > 0 ? `${count(Math.ceil(sample.failed))}/s` : '',
      listed({ threw: failed, lost, late: timedOut, cancelled, dropped, quarantined }),
    ],
    isBad: (_stats, sample) => (sample?.failed ?? 0) > 0,
  },
  {
    title: 'Memory',
    show: ({ workers, sharedMemoryUsed, sharedMemoryCapacity }) => [
      bytes(workers.reduce((sum, { rss = 0 }) => sum + rss, 0)),
      'resident',
      `shared: ${bytes(sharedMemoryUsed)}${sharedMemoryCapacity > 0 ? `, ${percent(sharedMemoryUsed / sharedMemoryCapacity)}` : ''}`,
    ],
  },
]

export class Tiles {
  readonly #tiles = TILES.map((tile) => {
    const [value, beside, detail] = [element('span'), element('small'), element('dd', { class: 'detail' })]
    const box = element('div', {}, element('dt', {}, tile.title), element('dd', {}, value, ' ', beside), detail)
    return { tile, value, beside, detail, box }
  })

  constructor() {
    byId('tiles').replaceChildren(...this.#tiles.map(({ box }) => box))
  }

  update(stats: DaemonStats, sample: Sample | undefined): void {
    for (const { tile, value, beside, detail, box } of this.#tiles) {
      const [main, small, below] = tile.show(stats, sample)
      setText(value, main)
      setText(beside, small)
      setText(detail, below)
      detail.title = below
      box.dataset['level'] = tile.isBad?.(stats, sample) ? 'bad' : ''
    }
  }
}
