import { invalidOption } from '../host/invalid-option.js'
import type { MetricFamily, MetricSample, MetricsOptions } from '../host/metrics.js'
import type { WatchedPool } from './watched-pool.js'

/** What is used of a `Registry` of prom-client, version 15. */
export interface MetricsRegistry {
  /** Adds a metric; throws if there is one of its name. */
  registerMetric(metric: any): void
  /** The metric of that name, if there is one. */
  getSingleMetric(name: string): unknown
  /** Takes the metric of that name out. */
  removeSingleMetric(name: string): void
}

/** A value as prom-client's registry writes it. */
interface Value {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** A pool with its labels, and its metrics of the moment. */
class Source {
  /** What tells its metrics from those of other pools. */
  readonly key: string
  readonly #pool: WatchedPool
  readonly #options: MetricsOptions
  #families: ReadonlyMap<string, MetricFamily> | undefined

  constructor(pool: WatchedPool, options: MetricsOptions) {
    this.#pool = pool
    this.#options = options
    this.key = JSON.stringify(Object.entries(options.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Of one moment for all names: a registry asks for each by itself, one after the other. */
  get families(): ReadonlyMap<string, MetricFamily> {
    if (this.#families === undefined) {
      this.#families = new Map(this.#pool.metricFamilies(this.#options).map((family) => [family.name, family]))
      setImmediate(() => {
        this.#families = undefined
      })
    }
    return this.#families
  }
}

/** The pools of each registry. */
const sources = new WeakMap<MetricsRegistry, Set<Source>>()

/**
 * Has a registry of prom-client show the metrics of a pool beside its own. Several pools may share a registry: give them
 * labels that tell them apart. prom-client itself is not loaded; the registry is whatever the caller's version of it made.
 *
 * @returns takes them out again; a pool that is closed shows nothing anyway
 * @throws ERR_HATCHERY_INVALID_OPTION for labels that cannot be, or that another pool has in this registry, and what
 * the registry throws if it has a metric of the name
 */
export function registerMetrics(
  pool: WatchedPool,
  registry: MetricsRegistry,
  options: MetricsOptions = {},
): () => void {
  const source = new Source(pool, options)
  // Looked at now, so that labels that cannot be are an error of this call.
  const families = [...source.families.values()]
  const names = families.map(({ name }) => name)
  const registered = registeredIn(registry, names)
  // Pools that are closed are in nobody's way.
  if ([...registered].some(({ key, families }) => key === source.key && families.size > 0)) {
    throw invalidOption('labels', 'other ones than those of the pools that are in the registry already', options.labels)
  }
  const added: string[] = []
  try {
    for (const family of families) {
      const { name } = family
      if (registry.getSingleMetric(name) instanceof HatcheryMetric) continue
      registry.registerMetric(new HatcheryMetric(family, registered))
      added.push(name)
    }
  } catch (error) {
    for (const name of added) registry.removeSingleMetric(name)
    throw error
  }
  sources.set(registry, registered.add(source))
  return () => {
    registered.delete(source)
    if (registered.size > 0) return
    for (const name of names) {
      if (registry.getSingleMetric(name) instanceof HatcheryMetric) registry.removeSingleMetric(name)
    }
  }
}

/** The pools that a registry shows: none any more, if somebody has cleared it. */
function registeredIn(registry: MetricsRegistry, names: readonly string[]): Set<Source> {
  const isThere = names.some((name) => registry.getSingleMetric(name) instanceof HatcheryMetric)
  return (isThere ? sources.get(registry) : undefined) ?? new Set<Source>()
}

/** What prom-client's registry takes for a metric. */
class HatcheryMetric {
  /** In a registry of OpenMetrics, prom-client takes `_total` away from that of a counter, and adds it to that of each value. */
  name: string
  readonly type: MetricFamily['type']
  readonly #family: string
  readonly #sources: ReadonlySet<Source>

  constructor({ name, type }: MetricFamily, of: ReadonlySet<Source>) {
    this.name = name
    this.type = type
    this.#family = name
    this.#sources = of
  }

  get(): { name: string; help: string; type: string; values: Value[]; aggregator: string } {
    const { name, type } = this
    const families = [...this.#sources].flatMap(({ families }) => families.get(this.#family) ?? [])
    const values = families.flatMap((family) => family.metrics.flatMap((sample) => toValues(name, sample)))
    return { name, help: families[0]?.help ?? '', type, values, aggregator: 'sum' }
  }

  /** Registries reset all of their metrics, which here are the pool's. */
  reset(): void {}
}

function toValues(name: string, { labels, value, buckets, sum = 0, count = 0 }: MetricSample): Value[] {
  if (buckets === undefined) return [{ value: value ?? 0, labels }]
  const bounds = [...buckets.map(([le, below]) => ({ le, below })), { le: '+Inf', below: count }]
  return [
    ...bounds.map(({ le, below }) => ({ value: below, labels: { le, ...labels }, metricName: `${name}_bucket` })),
    { value: sum, labels, metricName: `${name}_sum` },
    { value: count, labels, metricName: `${name}_count` },
  ]
}
