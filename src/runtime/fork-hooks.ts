import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { nameThrown } from './loading.js'
import { type WorkerState, workerState } from './state.js'

/**
 * Runs what modules have registered with `onFork` and what has not run in this worker yet, in order, and waits for it.
 *
 * @throws ERR_HATCHERY_WORKER_START_FAILED
 */
export async function runForkHooks(state: WorkerState = workerState()): Promise<void> {
  for (let next = state.forkHooks.shift(); next !== undefined; next = state.forkHooks.shift()) {
    const { hook, site } = next
    try {
      await hook()
    } catch (cause) {
      const message = `onFork hook of ${JSON.stringify(site)} threw ${nameThrown(cause)}`
      throw new HatcheryError(ERROR_CODES.WORKER_START_FAILED, message, undefined, { cause })
    }
  }
}
