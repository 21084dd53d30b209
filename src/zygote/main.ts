/**
 * Main module of the zygote: a single-threaded Node that loads the runtime and the user's modules, makes sure that it
 * can be forked, and then forks workers on request. It never runs a task.
 */
import { stat } from 'node:fs/promises'
import process from 'node:process'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { loadNative } from '../native/index.js'
import {
  failureReport,
  loadingExit,
  parseConfig,
  preloadModules,
  taskFunctions,
  watchLeaving,
  workerState,
} from '../runtime/index.js'
import { openTelemetry } from '../tracing/open-telemetry.js'
import { auditPatiently, takeBaseline, unsafeMessage } from './audit.js'
import { compileFunctions, optimizeLate } from './compiler.js'
import { shrinkHeap } from './garbage.js'
import { mendAfterFork, spare } from './mend.js'
import { findProcessExports, replaceProcessId } from './process-id.js'
import { proveFork } from './proof.js'
import { replaceMathRandom } from './random.js'
import { rehearse, rehearseStart } from './rehearsal.js'
import { serve } from './serve.js'

/** Most milliseconds that the proof may take; it takes about ten. */
const PROOF_LIMIT = 5_000

const native = loadNative()
watchLeaving(native)
native.hidePlatformThreads()
native.gatherHeap()
native.ignoreInterrupts()
replaceMathRandom(native)
replaceProcessId(native)
const config = parseConfig(native.zygoteStart())
workerState().workerData = config.workerData

/** Loads the modules and audits what they leave behind. */
async function load(): Promise<void> {
  // Starts libuv's pool, whose threads are no finding: libuv starts it anew in a fork.
  await stat('/proc/self')
  // Makes Node's loader of ES modules ready, which without this would be in each fork.
  await import('node:path')
  // Opens the standard streams, as any module does that imports `node:process`: pipes, perhaps, but no finding.
  void [process.stdin, process.stdout, process.stderr]
  const baseline = takeBaseline(native)
  // A module may end the process, here as anywhere.
  const onExit = (code: number) => {
    const report = loadingExit(code, true)
    if (report !== undefined) native.zygoteFailed(report)
  }
  process.on('exit', onExit)
  await preloadModules(config)
  await findProcessExports()
  // If a module has registered an SDK: here, so that no fork has to.
  openTelemetry()
  process.off('exit', onExit)
  const findings = await auditPatiently(native, baseline)
  if (findings.length > 0) throw new HatcheryError(ERROR_CODES.FORK_UNSAFE, unsafeMessage(findings))
  await rehearse(native)
  shrinkHeap(native)
  native.giveBackFreeMemory()
  native.makeHugePages()
  // What the collection has thrown away is made anew here, once, and not in each fork.
  await rehearseStart(native)
  compileFunctions([...taskFunctions(config.filename).values()])
  // The rehearsal is over, whose purpose is optimized code.
  optimizeLate()
}

/** Forks a child that uses everything a fork may break. */
function prove(): void {
  const spared = spare()
  const outcome = native.zygoteProve(PROOF_LIMIT)
  if (outcome === 'child') {
    native.loopFork()
    mendAfterFork(spared, native.fillInProcessId)
    void proveFork().then(
      (passed) => native.exitNow(passed ? 0 : 1),
      () => native.exitNow(2),
    )
    return
  }
  if (outcome !== 'passed') {
    throw new HatcheryError(
      ERROR_CODES.FORK_UNSAFE,
      `A fork of this Node does not work here: ${outcome} (module loaders that run in a thread are a known cause). ` +
        "Use startMethod: 'spawn'.",
    )
  }
  native.zygoteReady(JSON.stringify({ node: process.version }))
  setImmediate(serve, native, config)
}

function fail(error: unknown): void {
  native.zygoteFailed(failureReport(error, ERROR_CODES.POOL_FAILED))
  native.exitNow(1)
}

load().then(
  // From the event loop and not from a promise: a child goes on right there.
  () =>
    setImmediate(() => {
      try {
        prove()
      } catch (error) {
        fail(error)
      }
    }),
  fail,
)
