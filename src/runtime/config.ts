import { decode } from '../codec/index.js'

/** What the host tells zygote and workers, as JSON. */
export interface WorkerConfig {
  /** URL of the pool's own module. */
  readonly filename?: string
  /** URLs, or names of built-in modules. */
  readonly preload: readonly string[]
  readonly concurrency: number
  readonly workerData?: unknown
  /** False: the zygote does not load `filename`; each worker does. */
  readonly shareFilename?: boolean
  /** Streams that the host reads. */
  readonly captures?: readonly ('stdout' | 'stderr')[]
  /** After a reload: a worker has loaded `filename` before it says that it is ready. */
  readonly loadFirst?: boolean
}

/** Reads the configuration. */
export function parseConfig(text: string): WorkerConfig {
  const { preload = [], concurrency = 1, workerData, ...rest } = JSON.parse(text) as Partial<WorkerConfig>
  // A message of the codec, in base64.
  const bytes = typeof workerData === 'string' ? Buffer.from(workerData, 'base64') : undefined
  return { ...rest, preload, concurrency, workerData: bytes && decode(bytes, 0, bytes.length) }
}
