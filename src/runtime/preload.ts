import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import type { WorkerConfig } from './config.js'
import { type LoadingStep, nameLoadError, nameStep, whileLoading } from './loading.js'
import { importModule, importTaskModule, type ModuleNamespace } from './modules.js'

/**
 * Loads the modules of the configuration and calls the `init` that each exports, one after the other.
 *
 * A `filename` that cannot be loaded is no failure here: tasks that need it are told why.
 *
 * @throws ERR_HATCHERY_PRELOAD_FAILED
 */
export async function preloadModules(config: WorkerConfig): Promise<void> {
  for (const url of config.preload) {
    const namespace = await attempt('preload', url, () => importModule(url, 'preload'))
    await initialize(url, namespace)
  }
  const { filename } = config
  if (filename === undefined || config.shareFilename === false || config.preload.includes(filename)) return
  const namespace = await importModule(filename).catch(() => undefined)
  if (namespace !== undefined) await initialize(filename, namespace)
}

/**
 * In a worker: loads the pool's own module, if that is to be done before the first task.
 *
 * @throws ERR_HATCHERY_WORKER_MODULE_FAILED
 */
export async function loadOwnModule({ filename, loadFirst }: Pick<WorkerConfig, 'filename' | 'loadFirst'>) {
  if (loadFirst === true && filename !== undefined) await importTaskModule(filename)
}

async function initialize(url: string, namespace: ModuleNamespace): Promise<void> {
  const fallback = namespace['default'] as ModuleNamespace | undefined
  const init = namespace['init'] ?? (typeof fallback === 'object' ? fallback?.['init'] : undefined)
  if (typeof init !== 'function') return
  await attempt('init', url, () => whileLoading('init', url, async () => init()))
}

async function attempt<T>(step: LoadingStep, url: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const message = `${nameStep(step, url)} threw ${nameLoadError(cause, url)}`
    throw new HatcheryError(ERROR_CODES.PRELOAD_FAILED, message, undefined, { cause })
  }
}
