/** Main module of a worker started with the `spawn` method: everything a forked worker finds ready is made here. */
import { ERROR_CODES } from '../errors/index.js'
import { COMPLETION_START_FAILED } from '../lane/layout.js'
import { loadNative } from '../native/index.js'
import {
  failureReport,
  loadOwnModule,
  parseConfig,
  preloadModules,
  prepareWorker,
  runForkHooks,
  watchLeaving,
  workerState,
} from '../runtime/index.js'

const native = loadNative()
watchLeaving(native)
native.ignoreInterrupts()
const { lane, config: text } = native.attachFromStdin()
const config = parseConfig(text)
workerState().workerData = config.workerData
const workplace = prepareWorker(native, lane, config)

async function start(): Promise<void> {
  workplace.applyLimits()
  await preloadModules(config)
  await runForkHooks()
  await loadOwnModule(config)
  workplace.open()
}

start().catch((error: unknown) => {
  workplace.writer.writeText(COMPLETION_START_FAILED, failureReport(error, ERROR_CODES.WORKER_START_FAILED))
  native.exitNow(1)
})
