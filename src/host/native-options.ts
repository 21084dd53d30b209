import { execPath } from 'node:process'
import { encodeLarge } from '../codec/index.js'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { type NativePoolOptions, workerPath, zygotePath } from '../native/index.js'
import { beginMentions, withoutMentions } from '../segments/mentions.js'
import { SegmentTable } from '../segments/segment-table.js'
import { nativeHealth } from './options/health.js'
import { heapArguments, nativeLimits } from './options/limits.js'
import { levelOf } from './options/logging.js'
import { toNativeRecovery } from './options/recovery.js'
import { nativeSandbox } from './options/sandbox.js'
import type { ResolvedPoolOptions } from './pool-options.js'

/** A pool that is not there yet has none: memory of another pool is plain bytes here. */
const NO_SEGMENTS = new SegmentTable(
  () => new ArrayBuffer(0),
  () => {},
)

/**
 * What the native pool is told, from the options of the user.
 *
 * @param loadFirst workers load the pool's module before they are ready, and do not start if it fails
 * @throws ERR_HATCHERY_DATA_CLONE
 */
export function toNativeOptions(options: ResolvedPoolOptions, loadFirst = options.loadFirst): NativePoolOptions {
  const { startMethod, minWorkers, maxWorkers, concurrency, idleTimeout, killGrace, startTimeout } = options
  const { queueTimeout, filename, shareFilename, preload, workerData, stdout, stderr } = options
  const captures = (['stdout', 'stderr'] as const).filter((stream) => options[stream] === 'pipe')
  return {
    startMethod,
    minWorkers,
    maxWorkers,
    concurrency,
    idleTimeout,
    queueTimeout,
    health: nativeHealth(options),
    killGrace,
    startTimeout,
    nodePath: execPath,
    execArgv: [...options.execArgv, ...heapArguments(options.maxHeap)],
    env: options.env,
    zygotePath: zygotePath(),
    workerPath: workerPath(),
    config: JSON.stringify({
      filename,
      shareFilename,
      preload,
      concurrency,
      workerData: encodeWorkerData(workerData),
      captures: captures.length > 0 ? captures : undefined,
      loadFirst,
    }),
    stdout,
    stderr,
    maxSharedMemory: options.maxSharedMemory,
    sharedMemoryPolicy: options.sharedMemoryPolicy,
    spares: options.spares,
    affinity: options.affinity,
    limits: nativeLimits(options),
    sandbox: nativeSandbox(options),
    scaling: options.scaling,
    queue: {
      // Those that wait are kept back here.
      maxQueue: options.queuePolicy === 'wait' ? Infinity : options.maxQueue,
      policy: options.queuePolicy,
      ageing: options.ageing,
    },
    recovery: toNativeRecovery(options),
    observe: { recordTiming: options.recordTiming },
    logging: { level: options.logger && levelOf(options.logger), wanted: options.logger !== undefined },
  }
}

/** In the words of the codec, as JSON has none for most of what a structured clone carries. */
function encodeWorkerData(workerData: unknown): string | undefined {
  if (workerData === undefined) return undefined
  try {
    const { buffer, byteOffset, byteLength } = withoutMentions(() => {
      beginMentions(NO_SEGMENTS)
      return encodeLarge(workerData)
    })
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
  } catch (error) {
    if (!(error instanceof HatcheryError)) throw error
    const message = `The option workerData cannot be handed to workers. ${error.message}`
    throw new HatcheryError(ERROR_CODES.DATA_CLONE, message, undefined, { cause: error.cause })
  }
}
