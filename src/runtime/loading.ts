import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { ERROR_CODES } from '../errors/index.js'

/** What is done with a module before its functions are called. */
export type LoadingStep = 'module' | 'preload' | 'init'

interface Loading {
  readonly step: LoadingStep
  readonly url: string
}

/** Under way now. */
const under: Loading[] = []

/** Does something with a module; whoever ends the process meanwhile is that module, or what it loads. */
export async function whileLoading<T>(step: LoadingStep, url: string, act: () => Promise<T>): Promise<T> {
  const loading = { step, url }
  under.push(loading)
  try {
    return await act()
  } finally {
    under.splice(under.indexOf(loading), 1)
  }
}

/** The step as messages name it. */
export function nameStep(step: LoadingStep, url: string): string {
  const name = JSON.stringify(url)
  return step === 'module' ? `The worker module ${name}` : step === 'preload' ? `preload ${name}` : `init of ${name}`
}

/** What has been thrown, in a message. */
export function nameThrown(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : inspect(thrown, { depth: 0 })
}

/**
 * What a module has thrown as it was loaded, in a message. A module of ES that cannot be parsed does not say where, nor
 * which of its imports it is; Node tells that when it runs the file.
 */
export function nameLoadError(thrown: unknown, url: string): string {
  const named = nameThrown(thrown)
  if (!(thrown instanceof SyntaxError) || !url.startsWith('file:') || tellsPlace(thrown)) return named
  return `${named} (to see where, run: node ${fileURLToPath(url)})`
}

function tellsPlace({ name, stack }: Error): boolean {
  const [first, ...frames] = String(stack).split('\n')
  return !first!.startsWith(name) || frames.some((frame) => !frame.includes('node:'))
}

/**
 * For the report of a process that ends: which module ends it as it is loaded, if one does.
 *
 * @param alone nothing else runs in this process, so it can only be the module
 * @returns JSON that begins with the code, by which the host tells it from an exception
 */
export function loadingExit(exitCode: number, alone: boolean): string | undefined {
  const [loading] = under
  if (loading === undefined || under.length > 1) return undefined
  // A task beside it may be what ends the process, unless modules are being evaluated right here.
  if (!alone && !String(new Error().stack).includes('node:internal/modules')) return undefined
  const { step, url } = loading
  const code = step === 'module' ? ERROR_CODES.WORKER_MODULE_FAILED : ERROR_CODES.PRELOAD_FAILED
  const when = step === 'init' ? '' : ' while it was loaded'
  return JSON.stringify({
    code,
    message: `${nameStep(step, url)} ended the process with exit code ${exitCode}${when}.`,
  })
}
