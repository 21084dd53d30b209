/** The runtime of a worker, whichever way it came into being. */
export { parseConfig, type WorkerConfig } from './config.js'
export { failureReport } from './failure-report.js'
export { runForkHooks } from './fork-hooks.js'
export { FunctionEntry } from './function-table.js'
export { watchLeaving } from './leave.js'
export { preloadModules } from './preload.js'
export { prepareWorker } from './start.js'
export { type WorkerState, workerState } from './state.js'
