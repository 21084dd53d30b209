import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import type { NativePoolOptions } from '../native/types.js'
import type { ResolvedPoolOptions } from './pool-options.js'

const zygotePath = fileURLToPath(new URL('../zygote/main.js', import.meta.url))
const workerPath = fileURLToPath(new URL('../worker/main.js', import.meta.url))

/** What the native pool is told, from the options of the user. */
export function toNativeOptions(options: ResolvedPoolOptions): NativePoolOptions {
  const { filename, preload, concurrency, workerData } = options
  return {
    startMethod: options.startMethod,
    minWorkers: options.minWorkers,
    maxWorkers: options.maxWorkers,
    concurrency,
    idleTimeout: options.idleTimeout,
    killGrace: options.killGrace,
    startTimeout: options.startTimeout,
    nodePath: execPath,
    execArgv: [...options.execArgv],
    env: options.env,
    zygotePath,
    workerPath,
    config: JSON.stringify({ filename, preload, concurrency, workerData }),
    stdout: options.stdout,
    stderr: options.stderr,
  }
}
