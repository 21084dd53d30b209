/** The order in which the cells of a run take turns. */
import { type MeasurementName, measurements } from '../measure/index.js'
import type { Peer } from './adapter.js'
import type { Effort } from './measurement.js'
import type { Cell } from './run-cell.js'

/** Round by round, and in it measurement by measurement, so that a change of load hits all pools alike. */
export function schedule(
  names: readonly MeasurementName[],
  peers: readonly Peer[],
  rounds: number,
  effort: Effort,
): Cell[] {
  const cells: Cell[] = []
  for (let round = 0; round < rounds; round++) {
    // Each round begins at another pool, so that none always runs after the same neighbour.
    const turn = round % Math.max(1, peers.length)
    const inTurn = [...peers.slice(turn), ...peers.slice(0, turn)]
    for (const measurement of names) {
      if (round < (measurements[measurement].rounds ?? rounds))
        cells.push(...oneRound(round, measurement, inTurn, effort))
    }
  }
  return cells
}

function oneRound(round: number, measurement: MeasurementName, peers: readonly Peer[], effort: Effort): Cell[] {
  const { on, points } = measurements[measurement]
  const measured = peers.filter((peer) => on(peer, effort))
  if (!points) return measured.map(({ name }) => ({ round, peer: name, measurement, point: undefined }))
  const pointsOf = new Map(measured.map((peer) => [peer, points(peer, effort)]))
  const all = [...new Set([...pointsOf.values()].flat())].sort((a, b) => a - b)
  return all.flatMap((point) =>
    measured
      .filter((peer) => pointsOf.get(peer)!.includes(point))
      .map(({ name }) => ({ round, peer: name, measurement, point })),
  )
}
