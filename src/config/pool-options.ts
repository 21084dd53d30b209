/** The section `pool` as options of a pool. */
import type { PoolOptions } from '../host/index.js'
import { refusalOf } from '../host/invalid-option.js'
import { resolveOptions } from '../host/resolve-options.js'
import { isFile, optionName } from './convert.js'
import type { Draft } from './draft.js'
import { objectOf, type SchemaNode } from './schema/node.js'
import { pool } from './schema/pool.js'

/** Words of the section that stand for options under other names. */
interface Words {
  readonly poolName?: string
  readonly workerCount?: number
  readonly enableDynamicScaling?: boolean
  readonly enableWorkerAffinity?: boolean
}

/** Reports what the options say against one another. */
export function toPoolOptions(draft: Draft, section: Record<string, unknown>): PoolOptions {
  const {
    poolName: _,
    workerCount,
    enableDynamicScaling,
    enableWorkerAffinity,
    ...rest
  } = section as Words & PoolOptions
  const options: PoolOptions = { ...rest, ...workersOf(draft, { workerCount, enableDynamicScaling }, rest) }
  if (enableWorkerAffinity !== undefined) {
    if (rest.affinity !== undefined) {
      draft.refuse('pool.enable_worker_affinity', 'left out where pool.affinity is given', enableWorkerAffinity)
    } else options.affinity = enableWorkerAffinity ? 'spread' : 'none'
  }
  const { filename } = options
  if (typeof filename === 'string' && !isFile(filename)) {
    draft.report('pool.filename', `there is no file ${filename}.`, { expected: 'a file', found: filename })
    delete options.filename
  }
  // Those that are not there have been reported, and are not the pool's to refuse.
  if (options.preload !== undefined) options.preload = options.preload.filter(isThere)
  return withoutContradictions(draft, options)
}

/** Packages were found already, as URLs or by their own name. */
function isThere(module: string | URL): boolean {
  return typeof module !== 'string' || !module.startsWith('/') || isFile(module)
}

/** Both bounds on the number of workers. */
function workersOf(
  draft: Draft,
  words: { workerCount?: number | undefined; enableDynamicScaling?: boolean | undefined },
  given: PoolOptions,
) {
  const { workerCount: count, enableDynamicScaling: dynamic = true } = words
  const { minWorkers: least, maxWorkers: most } = given
  if (!dynamic) {
    const workers = count ?? most ?? resolveOptions({ minWorkers: least }).maxWorkers
    return { minWorkers: workers, maxWorkers: workers }
  }
  if (count !== undefined && least !== undefined && count < least) {
    draft.refuse('pool.worker_count', `at least pool.min_workers (${least})`, count)
    return { minWorkers: count, maxWorkers: count }
  }
  if (count !== undefined && most !== undefined && count > most) {
    draft.refuse('pool.worker_count', `at most pool.max_workers (${most})`, count)
    return { minWorkers: most, maxWorkers: most }
  }
  const [minWorkers, maxWorkers] = [least ?? count, most ?? count]
  return { ...(minWorkers !== undefined && { minWorkers }), ...(maxWorkers !== undefined && { maxWorkers }) }
}

/** Has the pool check the options; what it refuses is reported and left out, until it refuses nothing. */
function withoutContradictions(draft: Draft, options: PoolOptions): PoolOptions {
  const candidate: Record<string, unknown> = { ...options }
  for (;;) {
    try {
      resolveOptions(candidate)
      return options
    } catch (error) {
      const refusal = refusalOf(error)
      const name = refusal && /^\w+/.exec(refusal.option)?.[0]
      if (refusal === undefined || name === undefined || candidate[name] === undefined) throw error
      const path = pathOf(refusal.option)
      draft.refuse(path, inConfigWords(refusal.expected), draft.valueAt(path) ?? refusal.value)
      delete candidate[name]
    }
  }
}

/** `scaling.maxCpu` as `pool.scaling.max_cpu`. */
function pathOf(option: string): string {
  let node: SchemaNode | undefined = pool
  let path = 'pool'
  for (const [, name, index] of option.matchAll(/(\w+)(\[\d+\])?\.?/g)) {
    const properties: readonly [string, SchemaNode][] = Object.entries((node && objectOf(node)?.properties) ?? {})
    const found: readonly [string, SchemaNode] | undefined = properties.find(
      ([key, child]) => optionName(key, child) === name,
    )
    path += `.${found?.[0] ?? name}${index ?? ''}`
    node = found?.[1]
  }
  return path
}

/** Names of options in what was expected, as the file has them. */
function inConfigWords(expected: string): string {
  const names = new Map(Object.entries(pool.properties ?? {}).map(([key, node]) => [optionName(key, node), key]))
  return expected.replace(/\b[a-z]+[A-Z]\w*/g, (name) => names.get(name) ?? name)
}
