import { ERROR_CODES } from '../errors/index.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import {
  failureReport,
  loadOwnModule,
  runForkHooks,
  type WorkerConfig,
  type WorkerState,
  type Workplace,
  workerState,
} from '../runtime/index.js'

/**
 * In the child: everything from here on is a process of its own. The rehearsal goes through it too, so that no worker has
 * to compile it.
 *
 * @param lane the one that the workplace was made on, which is the child's own by now
 */
export function becomeWorker(
  native: Pick<ProcessBinding, 'exitNow'>,
  lane: Pick<WorkerLane, 'worker' | 'applyLimits'>,
  workplace: Workplace,
  config: Pick<WorkerConfig, 'filename' | 'loadFirst'>,
  state: WorkerState = workerState(),
): void {
  const fail = (error: unknown) => {
    workplace.writer.writeText(COMPLETION_START_FAILED, failureReport(error, ERROR_CODES.WORKER_START_FAILED))
    native.exitNow(1)
  }
  state.workerId = lane.worker
  try {
    lane.applyLimits()
    // What need not be waited for is not: going through the microtasks for the first time takes a fork 60 us, and so comes
    // after its first task.
    if (state.forkHooks.length === 0 && config.loadFirst !== true) workplace.open()
    else makeReady(config, state).then(() => workplace.open(), fail)
  } catch (error) {
    fail(error)
  }
}

/** Whatever of the user's comes before the first task. */
async function makeReady(config: Pick<WorkerConfig, 'filename' | 'loadFirst'>, state: WorkerState): Promise<void> {
  await runForkHooks(state)
  await loadOwnModule(config)
}
