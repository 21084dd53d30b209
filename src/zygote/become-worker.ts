import { ERROR_CODES } from '../errors/index.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import type { ProcessBinding, WorkerLane } from '../native/types.js'
import {
  type FunctionEntry,
  failureReport,
  loadOwnModule,
  prepareWorker,
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
 * @param functions those known from the start
 */
export async function becomeWorker(
  native: Pick<ProcessBinding, 'exitNow' | 'detachBuffer'>,
  lane: WorkerLane,
  config: Pick<WorkerConfig, 'concurrency' | 'filename' | 'loadFirst' | 'captures'>,
  state: WorkerState = workerState(),
  functions?: FunctionEntry[],
): Promise<Workplace> {
  const workplace = prepareWorker(native, lane, config, state)
  try {
    lane.applyLimits()
    // What need not be waited for is not: going through the microtasks for the first time takes a fork 60 us, and so comes
    // after its first task.
    if (state.forkHooks.length > 0) await runForkHooks(state)
    if (config.loadFirst === true) await loadOwnModule(config)
    workplace.open(functions)
  } catch (error) {
    return giveUp(native, workplace, error)
  }
  return workplace
}

/** In a child that cannot even be mended: tells the host why, and leaves. */
export function refuse(
  native: Pick<ProcessBinding, 'exitNow' | 'detachBuffer'>,
  lane: WorkerLane,
  config: Pick<WorkerConfig, 'concurrency' | 'filename' | 'captures'>,
  error: unknown,
): never {
  return giveUp(native, prepareWorker(native, lane, config), error)
}

function giveUp(native: Pick<ProcessBinding, 'exitNow'>, { writer }: Workplace, error: unknown): never {
  writer.writeText(COMPLETION_START_FAILED, failureReport(error, ERROR_CODES.WORKER_START_FAILED))
  return native.exitNow(1)
}
