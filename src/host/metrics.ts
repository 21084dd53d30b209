import type { NativePool } from '../native/index.js'
import { checkKeys } from './check.js'
import { invalidOption } from './invalid-option.js'
import type { Submission } from './submission.js'

/** Options of `pool.metrics()`. */
export interface MetricsOptions {
  /**
   * Labels that every metric carries, such as `{ pool: 'thumbnails' }` where a process has several pools. Names are of
   * letters, digits and underscores, and none of the metrics' own (`outcome`, `priority`, `state`, `reason`, `method`, `le`).
   */
  labels?: Readonly<Record<string, string>> | undefined
}

/** One metric, with the values of its labels. */
export interface MetricSample {
  /** Names and values; those of `MetricsOptions.labels` are among them. */
  readonly labels: Readonly<Record<string, string>>
  /** Of a counter or gauge. */
  readonly value?: number
  /** Of a histogram: upper bounds in seconds, and how many times were at most that; the last bound, infinity, is left out. */
  readonly buckets?: readonly (readonly [bound: number, count: number])[]
  /** Of a histogram: of all times, in seconds. */
  readonly sum?: number
  /** Of a histogram: how many. */
  readonly count?: number
}

/** Metrics of one name. */
export interface MetricFamily {
  /** As Prometheus knows it: `hatchery_…`, with the unit behind. */
  readonly name: string
  /** What it counts or measures, in a sentence. */
  readonly help: string
  /** Counters only grow; gauges go up and down; histograms count times by bounds. */
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One for each combination of labels. */
  readonly metrics: readonly MetricSample[]
}

const KEYS: ReadonlySet<string> = new Set(['labels'] satisfies (keyof MetricsOptions)[])
const NAME = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/
const TAKEN: ReadonlySet<string> = new Set([
  'outcome',
  'priority',
  'state',
  'reason',
  'method',
  'le',
  'version',
  'start_method',
])

/**
 * Names and values by turns.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function checkLabels(options: MetricsOptions): string[] {
  checkKeys('metrics', options, KEYS)
  const { labels = {} } = options
  if (typeof labels !== 'object' || labels === null) throw invalidOption('labels', 'an object of strings', labels)
  return Object.entries(labels).flatMap(([name, value]) => {
    if (!NAME.test(name) || TAKEN.has(name)) {
      throw invalidOption('labels', 'names of letters, digits and underscores that no metric has by itself', name)
    }
    if (typeof value !== 'string') throw invalidOption(`labels.${name}`, 'a string', value)
    return [name, value]
  })
}

/** The text, empty for a pool that is closed. */
export function metricsText(native: NativePool, submission: Submission, labels: string[]): string {
  return native.metrics(labels, unseenTasks(submission), false)
}

/** The same for whoever writes another format; none for a pool that is closed. */
export function metricFamilies(native: NativePool, submission: Submission, labels: string[]): MetricFamily[] {
  const json = native.metrics(labels, unseenTasks(submission), true)
  if (json === '') return []
  // JSON has no infinity.
  return JSON.parse(json, (key, value: unknown) =>
    key === 'value' && value === null ? Infinity : value,
  ) as MetricFamily[]
}

function unseenTasks({
  keptBackBy,
  unseen: { cancelled, timedOut },
}: Submission): Parameters<NativePool['metrics']>[1] {
  return { cancelled, timedOut, queued: [...keptBackBy] }
}
