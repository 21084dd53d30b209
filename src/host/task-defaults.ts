import type { ResolvedPoolOptions } from './pool-options.js'
import { DEFAULT_PACKED, defaultPacked, type PackedOptions } from './run-options.js'

/** What the tasks of a pool have that do not say otherwise. `pool.configure()` changes it, so it is read for each task. */
export class TaskDefaults {
  /** The export that is called. */
  name = 'default'
  retries = 0
  /** Milliseconds, 0 = none. */
  timeout = 0
  /** A task without options. */
  packed: PackedOptions = DEFAULT_PACKED

  constructor(options: ResolvedPoolOptions) {
    this.set(options)
  }

  set({ name, retries, taskTimeout }: ResolvedPoolOptions): void {
    this.name = name
    this.retries = retries
    this.timeout = taskTimeout
    this.packed = defaultPacked(this)
  }
}
