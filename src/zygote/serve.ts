import type { NativeBinding } from '../native/types.js'
import { prepareWorker, type WorkerConfig } from '../runtime/index.js'
import { becomeWorker, giveUp } from './become-worker.js'
import { mendAfterFork, spare } from './mend.js'

/** Forks workers until the host wants no more. */
export function serve(native: NativeBinding, config: WorkerConfig): void {
  const stage = native.zygoteStage()
  if (stage === undefined || stage === null) return native.exitNow(0)
  // Once for all workers, each of which finds it over its own lane.
  const workplace = prepareWorker(native, stage, config)
  const { fillInProcessId } = native
  // Right before the first fork: until here modules that were preloaded may have drawn from them, and filled them again.
  const spared = spare()
  const worker = native.zygoteServe(stage)
  if (worker === undefined || worker === null) return native.exitNow(0)
  try {
    mendAfterFork(spared, fillInProcessId)
  } catch (error) {
    // Thrown from here it would end the fork as Node ends: by a SIGSEGV, and without a word to the host.
    return giveUp(native, workplace, error)
  }
  becomeWorker(native, worker, workplace, config)
}
