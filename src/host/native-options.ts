import { execPath } from 'node:process'
import { type NativePoolOptions, workerPath, zygotePath } from '../native/index.js'
import type { ResolvedPoolOptions } from './pool-options.js'

/** What the native pool is told, from the options of the user. */
export function toNativeOptions(options: ResolvedPoolOptions): NativePoolOptions {
  const { startMethod, minWorkers, maxWorkers, concurrency, idleTimeout, killGrace, startTimeout } = options
  const { filename, shareFilename, preload, workerData, stdout, stderr } = options
  return {
    startMethod,
    minWorkers,
    maxWorkers,
    concurrency,
    idleTimeout,
    killGrace,
    startTimeout,
    nodePath: execPath,
    execArgv: [...options.execArgv],
    env: options.env,
    zygotePath: zygotePath(),
    workerPath: workerPath(),
    config: JSON.stringify({ filename, shareFilename, preload, concurrency, workerData }),
    stdout,
    stderr,
    maxSharedMemory: options.maxSharedMemory,
    sharedMemoryPolicy: options.sharedMemoryPolicy,
    spares: options.spares,
    affinity: options.affinity,
  }
}
