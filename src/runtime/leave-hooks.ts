import { inspect } from 'node:util'
import { type WorkerState, workerState } from './state.js'

/** Milliseconds that all of them may take; the host kills a worker that has not left after 2 s. */
const LIMIT = 1500

/** Runs what modules have registered with `onLeave`, all at once, and waits for it, but not for long. */
export async function runLeaveHooks(state: WorkerState = workerState()): Promise<void> {
  const hooks = state.leaveHooks.splice(0)
  if (hooks.length === 0) return
  const limit = new Promise((resolve) => setTimeout(resolve, LIMIT))
  await Promise.race([Promise.all(hooks.map(runOne)), limit])
}

/** One that fails keeps nobody from leaving. */
async function runOne(hook: () => unknown): Promise<void> {
  try {
    await hook()
  } catch (error) {
    console.error(`An onLeave hook threw ${inspect(error)}`)
  }
}
