import type { NativeBinding } from '../native/types.js'
import type { WorkerConfig } from '../runtime/index.js'
import { becomeWorker } from './become-worker.js'
import { mendAfterFork } from './mend.js'
import { emptyRandomCaches } from './random-caches.js'

/** Forks workers until the host wants no more. */
export function serve(native: NativeBinding, config: WorkerConfig): void {
  // Right before the first fork: until here modules that were preloaded may have drawn from them, and filled them again.
  const cachesEmpty = emptyRandomCaches()
  const lane = native.zygoteServe()
  if (lane === undefined || lane === null) {
    native.exitNow(0)
  } else {
    mendAfterFork(native, cachesEmpty)
    void becomeWorker(native, lane, config)
  }
}
