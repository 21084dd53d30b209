/** The figures Hatchery promises, judged on the medians of this run. */
import type { Peer } from './adapter.js'
import type { Results } from './results.js'

export interface Figure {
  promise: string
  /** How many times better than the rival; more is better. */
  ratio: number
  wanted: number
  rival: string
  met: boolean
}

const own = 'hatchery fork'
const ownSpawn = 'hatchery spawn'

interface Rule {
  promise: string
  number: string
  better: 'more' | 'less'
  wanted: number
  rivals(peer: Peer): boolean
}

const isPeer = (peer: Peer): boolean => peer.package !== undefined

const rules: readonly Rule[] = [
  {
    promise: 'throughput at least 5 times the best peer of any kind',
    number: 'tasksPerSecond',
    better: 'more',
    wanted: 5,
    rivals: isPeer,
  },
  {
    promise: 'sequential p50 below the best peer of any kind',
    number: 'p50',
    better: 'less',
    wanted: 1,
    rivals: isPeer,
  },
  {
    promise: 'PSS a worker, typescript loaded, at most a quarter of the best process peer',
    number: 'pssPerWorker',
    better: 'less',
    wanted: 4,
    rivals: isPeer,
  },
  {
    promise: 'a warm worker, typescript loaded, starts at least 20 times faster than a spawned one',
    number: 'workerStartMilliseconds',
    better: 'less',
    wanted: 20,
    rivals: (peer) => peer.name === ownSpawn,
  },
]

export function figures(results: Results, peers: readonly Peer[]): Figure[] {
  return rules.flatMap(({ promise, number, better, wanted, rivals }) => {
    const mine = results.median(own, number)
    const theirs = peers
      .filter(rivals)
      .map((peer) => ({ rival: peer.name, value: results.median(peer.name, number) }))
      .filter((entry): entry is { rival: string; value: number } => entry.value !== undefined)
      .sort((a, b) => (better === 'more' ? b.value - a.value : a.value - b.value))
    const best = theirs[0]
    if (mine === undefined || !best) return []
    const ratio = better === 'more' ? mine / best.value : best.value / mine
    // "Below" is strict, "at least" is not.
    const met = wanted === 1 ? ratio > 1 : ratio >= wanted
    return [{ promise, ratio, wanted, rival: best.rival, met }]
  })
}
