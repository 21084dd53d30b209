import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config.js'
import type { Apply } from './schema/node.js'

/** A setting that is not as it was. */
export interface ConfigChange {
  /** Such as `pool.max_workers`. */
  readonly path: string
  /** Values as in {@link ConfigEntry}. */
  readonly from: unknown
  /** What the setting is to be from now on. */
  readonly to: unknown
  /** How it comes into force: at once, by replacing the workers, or with the next start of the program. */
  readonly apply: Apply
  /** Why it does not come into force at once. */
  readonly why: string | undefined
}

/** What is different, in the order of the documentation. */
export function diffConfig(before: Config, after: Config): ConfigChange[] {
  const old = new Map(before.entries.map((entry) => [entry.path, entry.value]))
  return after.entries.flatMap(({ path, value: to, apply, why }) => {
    const from = old.get(path)
    if (isDeepStrictEqual(from, to)) return []
    // Workers cannot be without a module they had: there would be other tasks.
    if (path === 'pool.filename' && to === undefined) {
      return [{ path, from, to, apply: 'restart', why: 'a pool does not lose the module of its tasks' } as const]
    }
    return [{ path, from, to, apply, why }]
  })
}
