import { ERROR_CODES } from '../errors/index.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import type { ProcessBinding } from '../native/types.js'
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
 * @param worker the pool's number for it
 */
export function becomeWorker(
  native: Pick<ProcessBinding, 'exitNow'>,
  worker: number,
  workplace: Workplace,
  config: Pick<WorkerConfig, 'filename' | 'loadFirst'>,
  state: WorkerState = workerState(),
): void {
  const fail = (error: unknown) => giveUp(native, workplace, error)
  state.workerId = worker
  try {
    workplace.applyLimits()
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
  if (state.forkHooks.length > 0) await runForkHooks(state)
  if (config.loadFirst === true) await loadOwnModule(config)
}

/** Tells the host why this worker cannot start, and leaves. */
export function giveUp(native: Pick<ProcessBinding, 'exitNow'>, { writer }: Workplace, error: unknown): void {
  writer.writeText(COMPLETION_START_FAILED, failureReport(error, ERROR_CODES.WORKER_START_FAILED))
  native.exitNow(1)
}
