import type { NativeBinding } from '../native/types.js'
import type { WorkerConfig } from '../runtime/index.js'
import { becomeWorker, refuse } from './become-worker.js'
import { mendAfterFork, spare } from './mend.js'

/** Forks workers until the host wants no more. */
export function serve(native: NativeBinding, config: WorkerConfig): void {
  // Right before the first fork: until here modules that were preloaded may have drawn from them, and filled them again.
  const spared = spare()
  const lane = native.zygoteServe()
  if (lane === undefined || lane === null) {
    native.exitNow(0)
  } else {
    try {
      mendAfterFork(native, spared)
    } catch (error) {
      // Thrown from here it would end the fork as Node ends: by a SIGSEGV, and without a word to the host.
      refuse(native, lane, config, error)
    }
    void becomeWorker(native, lane, config)
  }
}
