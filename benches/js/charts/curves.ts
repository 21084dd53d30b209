/** The curves of a run: what is drawn, from which numbers, and how its axes are named. */
import type { Peer } from '../harness/adapter.js'
import { byteSize, bytesDecimal, duration, short, whole } from '../harness/format.js'
import { pointName } from '../harness/measurement.js'
import type { Results } from '../harness/results.js'
import type { Summary } from '../harness/statistics.js'

export interface Axis {
  label: string
  /** Base of its logarithmic scale. */
  base: number
  /** Ticks at the points that were measured, or at powers of the base. */
  ticks: 'points' | 'powers'
  format(value: number): string
}

export interface CurvePoint extends Summary {
  x: number
}

export interface Line {
  name: string
  kind: Peer['kind']
  own: boolean
  points: CurvePoint[]
}

export interface Curve {
  /** Name of its file. */
  name: string
  title: string
  subtitle: string
  x: Axis
  y: Axis
  series: Line[]
}

interface CurveRule extends Omit<Curve, 'series'> {
  number: string
}

const load: Pick<CurveRule, 'subtitle' | 'x' | 'y'> = {
  subtitle: '20-byte echo, 2 workers, open loop; counted from when a task was due; no point where a pool falls behind',
  x: { label: 'offered load, tasks a second', base: 10, ticks: 'powers', format: short },
  y: { label: 'latency', base: 10, ticks: 'powers', format: duration },
}

const rules: readonly CurveRule[] = [
  {
    name: 'throughput-by-workers',
    number: 'workersTasksPerSecond',
    title: 'Throughput over the number of workers',
    subtitle: '20-byte echo, 1000 tasks in flight',
    x: { label: 'workers', base: 2, ticks: 'points', format: whole },
    y: { label: 'tasks a second', base: 10, ticks: 'powers', format: short },
  },
  {
    name: 'throughput-by-payload',
    number: 'payloadBytesPerSecond',
    title: 'Throughput over the size of the payload',
    subtitle: 'echo of a Buffer, 2 workers, 2 to 1000 in flight; bytes counted once',
    x: { label: 'payload', base: 2, ticks: 'points', format: byteSize },
    y: { label: 'bytes a second', base: 10, ticks: 'powers', format: bytesDecimal },
  },
  { name: 'latency-by-load-p50', number: 'loadP50', title: 'Median latency over offered load', ...load },
  { name: 'latency-by-load-p99', number: 'loadP99', title: '99th percentile of latency over offered load', ...load },
]

/** Without the points that most rounds did not reach, because there the pool fell behind the load. */
function usual(points: readonly CurvePoint[]): CurvePoint[] {
  const most = Math.max(...points.map(({ rounds }) => rounds))
  return points.filter(({ rounds }) => rounds * 2 > most)
}

/** The curves that this run has points of. */
export function curves(results: Results, peers: readonly Peer[]): Curve[] {
  return rules.flatMap(({ number, ...rule }) => {
    const series = peers
      .filter(({ curve }) => curve)
      .map((peer) => ({
        name: peer.name,
        kind: peer.kind,
        own: peer.role === 'own',
        points: usual(
          results.points(peer.name, number).map((x) => ({ x, ...results.summary(peer.name, pointName(number, x))! })),
        ),
      }))
      .filter(({ points }) => points.length > 0)
    return series.length > 0 ? [{ ...rule, series }] : []
  })
}

/** A curve as it was written to JSON, which has no functions. */
export type WrittenCurve = Pick<Curve, 'name' | 'series'>

/** For drawing what an earlier run has written. */
export function reviveCurve({ name, series }: WrittenCurve): Curve {
  const rule = rules.find((known) => known.name === name)
  if (!rule) throw new Error(`no curve is called ${name}`)
  const { number: _, ...rest } = rule
  return { ...rest, series }
}
