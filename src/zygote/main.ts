/**
 * Main module of the zygote: a single-threaded Node that loads the runtime and the user's modules, makes sure that it
 * can be forked, and then forks workers on request. It never runs a task.
 */
import { stat } from 'node:fs'
import process, { memoryUsage } from 'node:process'
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
import { mendAfterFork, type Spared } from './mend.js'
import { findProcessExports, replaceProcessId } from './process-id.js'
import { proveFork } from './proof.js'
import { replaceMathRandom } from './random.js'
import { rehearse, rehearseStart } from './rehearsal.js'
import { serve } from './serve.js'

/** What need not be mended is not looked for in a single child. */
const NOTHING_SPARED: Spared = { randomCaches: false, exportedId: 'stale' }

/** Most milliseconds that the proof may take; it takes some fifteen. */
const PROOF_LIMIT = 5_000

/** Bytes of a heap that is not there twice while it is made small: the child keeps what the zygote throws away. */
const LARGE_HEAP = 64 * 1024 * 1024

const native = loadNative()
watchLeaving(native)
native.hidePlatformThreads()
native.gatherHeap()
native.ignoreInterrupts()
replaceMathRandom(native)
replaceProcessId(native)
const config = parseConfig(native.zygoteStart())
workerState().workerData = config.workerData

/** Loads the modules, audits what they leave behind, and goes through what workers do. */
async function load(): Promise<void> {
  // Starts libuv's pool, whose threads are no finding: libuv starts it anew in a fork.
  await new Promise((resolve) => stat('/proc/self', resolve))
  // Makes Node's loader of ES modules ready, which without this would be in each fork.
  await import('node:path')
  // Opens the streams that workers print to, as any module does that imports `node:process`: pipes, perhaps, but no finding.
  // Standard input is no resource here, where it is `/dev/null`, and what Node reads it with takes longer to load.
  void [process.stdout, process.stderr]
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
}

/** Makes of this process what is cheap to fork: nothing here is of the user's. */
async function settle(): Promise<void> {
  shrinkHeap(native)
  native.giveBackFreeMemory()
  native.makeHugePages()
  // What the collection has thrown away is made anew here, once, and not in each fork.
  await rehearseStart(native)
  compileFunctions([...taskFunctions(config.filename).values()])
  // The rehearsal is over, whose purpose is optimized code.
  optimizeLate()
}

/**
 * Forks a child that uses everything a fork may break, and goes on meanwhile. Not before the rehearsal, which the pages that it
 * writes to, and has to copy then, cost more time than it gains.
 */
function prove(next: () => void): void {
  if (native.zygoteProve(PROOF_LIMIT)) void goThrough()
  else next()
}

/** In the child, which never speaks for the zygote. */
async function goThrough(): Promise<void> {
  try {
    native.loopFork()
    mendAfterFork(NOTHING_SPARED, native.fillInProcessId)
    native.exitNow((await proveFork(native)) ? 0 : 1)
  } catch {
    native.exitNow(2)
  }
}

/** Has this process proven, and meanwhile made cheap to fork; a large one before, which would take twice its memory. */
function finish(): void {
  if (memoryUsage().heapUsed < LARGE_HEAP) prove(() => settle().then(announce).catch(fail))
  else
    settle().then(
      fromEventLoop(() => prove(announce)),
      fail,
    )
}

/** Not before the proof has succeeded: from then on workers are forked. */
function announce(): void {
  const failure = native.zygoteVerdict()
  if (typeof failure === 'string') {
    throw new HatcheryError(
      ERROR_CODES.FORK_UNSAFE,
      `A fork of this Node does not work here: ${failure} (module loaders that run in a thread are a known cause). ` +
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

/** And not from a promise: a child goes on right there. */
function fromEventLoop(act: () => void): () => void {
  return () =>
    setImmediate(() => {
      try {
        act()
      } catch (error) {
        fail(error)
      }
    })
}

load().then(fromEventLoop(finish), fail)
