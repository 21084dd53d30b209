import { ERROR_CODES } from '../errors/index.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import type { NativeBinding, WorkerLane } from '../native/types.js'
import { failureReport, prepareWorker, runForkHooks, type WorkerConfig } from '../runtime/index.js'
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

/** In the child: everything from here on is a process of its own. */
async function becomeWorker(native: NativeBinding, lane: WorkerLane, config: WorkerConfig): Promise<void> {
  const workplace = prepareWorker(native, lane, config)
  try {
    lane.applyLimits()
    await runForkHooks()
    workplace.open()
  } catch (error) {
    workplace.writer.writeText(COMPLETION_START_FAILED, failureReport(error, ERROR_CODES.WORKER_START_FAILED))
    native.exitNow(1)
  }
}
