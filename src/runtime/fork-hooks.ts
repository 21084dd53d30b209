import { type WorkerState, workerState } from './state.js'

/** Runs what modules have registered with `onFork`, in order, and waits for it. */
export async function runForkHooks(state: WorkerState = workerState()): Promise<void> {
  for (const hook of state.forkHooks) await hook()
}
