/** The figures Hatchery promises, judged on the medians of this run. */
import { promisedSize } from '../measure/payload.js'
import type { Peer } from './adapter.js'
import { pointName } from './measurement.js'
import type { Results } from './results.js'

export interface Figure {
  promise: string
  /** In `unit`; how it stands to the rival's, where there is one. */
  measured: number
  limit: number
  sense: 'at least' | 'at most' | 'below'
  unit: string
  rival?: string
  met: boolean
}

const own = 'hatchery fork'

interface Judged extends Omit<Figure, 'promise' | 'met'> {}

interface Rule {
  promise: string
  /** Undefined where this run has not measured it. */
  judge(results: Results, peers: readonly Peer[]): Judged | undefined
}

type Rivals = (peer: Peer) => boolean

const pools: Rivals = ({ role }) => role === 'pool'
const processPools: Rivals = ({ role, kind }) => role === 'pool' && kind === 'process'
const threadPools: Rivals = ({ role, kind }) => role === 'pool' && kind === 'thread'
const named =
  (...names: string[]): Rivals =>
  ({ name }) =>
    names.includes(name)

/** Hatchery's number as a multiple of the best rival's. */
function ratio(
  number: string,
  better: 'more' | 'less',
  sense: Figure['sense'],
  limit: number,
  rivals: Rivals,
): Rule['judge'] {
  return (results, peers) => {
    const mine = results.median(own, number)
    const best = peers
      .filter(rivals)
      .map(({ name }) => ({ name, value: results.median(name, number) }))
      .filter((entry): entry is { name: string; value: number } => entry.value !== undefined)
      .sort((a, b) => (better === 'more' ? b.value - a.value : a.value - b.value))[0]
    if (mine === undefined || !best) return undefined
    return { measured: mine / best.value, limit, sense, unit: 'times', rival: best.name }
  }
}

/** One number of Hatchery's as a multiple of another of its own. */
function ownRatio(number: string, other: string, sense: Figure['sense'], limit: number): Rule['judge'] {
  return (results) => {
    const value = results.median(own, number)
    const base = results.median(own, other)
    if (value === undefined || base === undefined) return undefined
    return { measured: value / base, limit, sense, unit: 'times' }
  }
}

function absolute(number: string, sense: Figure['sense'], limit: number, unit: string, divisor = 1): Rule['judge'] {
  return (results) => {
    const value = results.median(own, number)
    return value === undefined ? undefined : { measured: value / divisor, limit, sense, unit }
  }
}

const mebi = 2 ** 20

/** 8 MB or a sixth of what a plain fork takes, whichever is smaller. */
const memoryLimit: Rule['judge'] = (results) => {
  const mine = results.median(own, 'pssPerWorker')
  const plain = results.median('child_process.fork', 'pssPerWorker')
  if (mine === undefined || plain === undefined) return undefined
  const limit = Math.min(8, plain / mebi / 6)
  return { measured: mine / mebi, limit, sense: 'at most', unit: 'MB', rival: 'child_process.fork' }
}

const rules: readonly Rule[] = [
  {
    promise: '20-byte echo, 1000 in flight: tasks/s against the best peer',
    judge: ratio('tasksPerSecond', 'more', 'at least', 10, pools),
  },
  {
    promise: '6-field object, 1000 in flight: tasks/s against the best peer',
    judge: ratio('objectsPerSecond', 'more', 'at least', 5, pools),
  },
  {
    promise: 'sequential round trip, p50 against the best peer',
    judge: ratio('p50', 'less', 'at most', 0.7, pools),
  },
  {
    promise: 'sequential round trip, p99 against the best peer',
    judge: ratio('p99', 'less', 'at most', 0.6, pools),
  },
  {
    promise: '1 MiB Buffer echo: bytes/s against the best process peer',
    judge: ratio(pointName('payloadBytesPerSecond', promisedSize), 'more', 'at least', 3, processPools),
  },
  {
    promise: '1 MiB Buffer echo: bytes/s against the best thread peer (all copy)',
    judge: ratio(pointName('payloadBytesPerSecond', promisedSize), 'more', 'at least', 1, threadPools),
  },
  {
    promise: '64 MiB handle round trip against that of 20 bytes, p50',
    judge: ownRatio('handleP50', 'handleTextP50', 'at most', 1.5),
  },
  {
    promise: 'runSync, p50 against synckit',
    judge: ratio('syncP50', 'less', 'below', 1, named('synckit')),
  },
  { promise: 'PSS of an idle worker, typescript loaded', judge: memoryLimit },
  {
    promise: 'fork to first result, typescript preloaded, p50',
    judge: absolute('workerStartMilliseconds', 'at most', 2, 'ms'),
  },
  {
    promise: 'fork to first result against a spawned worker, p50',
    judge: ratio('workerStartMilliseconds', 'less', 'at most', 1 / 50, named('hatchery spawn', 'child_process.fork')),
  },
  {
    promise: 'CPU seconds of 100 000 no-op tasks, all processes, against the best process peer',
    judge: ratio('cpuSecondsPer100k', 'less', 'at most', 0.2, processPools),
  },
  {
    promise: 'idle pool: wake-ups of the host',
    judge: absolute('idleHostWakeups', 'at most', 1, 'a second'),
  },
  {
    promise: 'idle pool: wake-ups of zygote or worker, the busiest',
    judge: absolute('idleChildWakeups', 'at most', 1, 'a second'),
  },
  {
    promise: 'idle pool: processor time of all processes',
    judge: absolute('idleCpuPercent', 'below', 0.05, '%'),
  },
  {
    promise: '1 000 000 queued tasks: memory of each beyond its value',
    judge: absolute('bytesPerQueuedTask', 'below', 250, 'bytes'),
  },
  {
    promise: 'throughput without recordTiming against that with it, by turns',
    judge: ownRatio('untimedTasksPerSecond', 'timedTasksPerSecond', 'at most', 1.03),
  },
  {
    promise: '64 workers: tasks/s against 2 workers',
    judge: ownRatio(pointName('workersTasksPerSecond', 64), pointName('workersTasksPerSecond', 2), 'at least', 0.7),
  },
]

function isMet({ measured, limit, sense }: Judged): boolean {
  if (sense === 'below') return measured < limit
  return sense === 'at least' ? measured >= limit : measured <= limit
}

export function figures(results: Results, peers: readonly Peer[]): Figure[] {
  return rules.flatMap(({ promise, judge }) => {
    const judged = judge(results, peers)
    return judged ? [{ promise, ...judged, met: isMet(judged) }] : []
  })
}
