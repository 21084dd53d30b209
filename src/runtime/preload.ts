import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import type { WorkerConfig } from './config.js'
import { importModule, type ModuleNamespace } from './modules.js'

/**
 * Loads the modules of the configuration and calls the `init` that each exports, one after the other.
 *
 * A `filename` that cannot be loaded is no failure here: tasks that need it are told why.
 *
 * @throws ERR_HATCHERY_PRELOAD_FAILED
 */
export async function preloadModules(config: WorkerConfig): Promise<void> {
  for (const url of config.preload) await attempt(url, async () => initialize(await importModule(url)))
  const { filename } = config
  if (filename === undefined || config.shareFilename === false || config.preload.includes(filename)) return
  const namespace = await importModule(filename).catch(() => undefined)
  if (namespace !== undefined) await attempt(filename, () => initialize(namespace))
}

async function initialize(namespace: ModuleNamespace): Promise<void> {
  const fallback = namespace['default'] as ModuleNamespace | undefined
  const init = namespace['init'] ?? (typeof fallback === 'object' ? fallback?.['init'] : undefined)
  if (typeof init === 'function') await init()
}

async function attempt(url: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new HatcheryError(
      ERROR_CODES.PRELOAD_FAILED,
      `The module ${url} could not be preloaded: ${reason}`,
      undefined,
      { cause },
    )
  }
}
