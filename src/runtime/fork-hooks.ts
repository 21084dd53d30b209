import { workerState } from './state.js'

/** Runs what modules have registered with `onFork`, in order, and waits for it. */
export async function runForkHooks(): Promise<void> {
  for (const hook of workerState().forkHooks) await hook()
}
