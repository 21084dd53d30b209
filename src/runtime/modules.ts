import { types } from 'node:util'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { runForkHooks } from './fork-hooks.js'
import { type LoadingStep, nameLoadError, whileLoading } from './loading.js'

/** A module as `import()` gives it. */
export type ModuleNamespace = Readonly<Record<string, unknown>>

/** A task as the loop calls it. */
export type TaskFunction = (...parameters: any[]) => unknown

/** Modules by URL. Filled in the zygote, a forked worker finds here what it need not load. */
const loaded = new Map<string, ModuleNamespace>()

/** The module, if it is loaded. */
export function loadedModule(url: string): ModuleNamespace | undefined {
  return loaded.get(url)
}

/**
 * Loads a module, once.
 *
 * @throws whatever the module throws
 */
export async function importModule(url: string, step: LoadingStep = 'module'): Promise<ModuleNamespace> {
  const known = loaded.get(url)
  if (known !== undefined) return known
  const namespace = await evaluate(step, url)
  loaded.set(url, namespace)
  return namespace
}

function evaluate(step: LoadingStep, url: string): Promise<ModuleNamespace> {
  return whileLoading(step, url, async () => (await import(url)) as ModuleNamespace)
}

/** Modules of tasks that are being loaded, or could not be. */
const underWay = new Map<string, Promise<ModuleNamespace>>()

/**
 * Loads the module of a task, in a worker, and runs the `onFork` hooks that it registers.
 *
 * @throws ERR_HATCHERY_WORKER_MODULE_FAILED
 */
export async function importTaskModule(url: string): Promise<ModuleNamespace> {
  const known = loaded.get(url)
  if (known !== undefined) return known
  const loading = underWay.get(url) ?? evaluateTaskModule(url)
  underWay.set(url, loading)
  return loading
}

async function evaluateTaskModule(url: string): Promise<ModuleNamespace> {
  try {
    const namespace = await evaluate('module', url)
    await runForkHooks()
    // Not before: until then no task of it may run.
    loaded.set(url, namespace)
    return namespace
  } catch (cause) {
    throw new HatcheryError(
      ERROR_CODES.WORKER_MODULE_FAILED,
      `The worker module ${url} could not be loaded: it threw ${nameLoadError(cause, url)}`,
      undefined,
      { cause },
    )
  }
}

/** What the export `name` of a module stands for; `module.exports` of a CommonJS module counts as its exports. */
function exportOf(namespace: ModuleNamespace, name: string): unknown {
  const direct = namespace[name]
  if (typeof direct === 'function' || isThenable(direct)) return direct
  const fallback = namespace['default']
  // Its own exports only: a task named 'toString' is not Object's.
  if (typeof fallback === 'object' && fallback !== null && Object.hasOwn(fallback, name)) {
    return (fallback as ModuleNamespace)[name] ?? direct
  }
  return direct
}

/** The task function, or undefined if it is not there or not there yet (a module may export a promise of it). */
export function findFunction(namespace: ModuleNamespace, name: string): TaskFunction | undefined {
  const found = exportOf(namespace, name)
  return typeof found === 'function' ? (found as TaskFunction) : undefined
}

/**
 * The task function, waiting for it where the module exports a promise.
 *
 * @throws ERR_HATCHERY_TASK_UNKNOWN
 */
export async function awaitFunction(namespace: ModuleNamespace, url: string, name: string): Promise<TaskFunction> {
  const found = await exportOf(namespace, name)
  if (typeof found === 'function') return found as TaskFunction
  const names = functionNames(namespace)
  throw new HatcheryError(
    ERROR_CODES.TASK_UNKNOWN,
    `The worker module ${url} exports no function named ${JSON.stringify(name)}. ` +
      (names.length > 0 ? `It exports: ${names.join(', ')}.` : 'It exports no functions.'),
    { taskName: name },
  )
}

function functionNames(namespace: ModuleNamespace): string[] {
  const names = new Set<string>()
  const fallback = namespace['default']
  for (const exports of [namespace, fallback]) {
    if (typeof exports !== 'object' || exports === null) continue
    for (const [name, value] of Object.entries(exports)) if (typeof value === 'function') names.add(name)
  }
  return [...names].filter((name) => name !== 'init' && name !== 'module.exports').sort()
}

/** The functions that tasks can call of a module, if it is loaded, by name: those that are there without any code being run. */
export function taskFunctions(url: string | undefined): Map<string, TaskFunction> {
  const namespace = url === undefined ? undefined : loaded.get(url)
  const found = new Map<string, TaskFunction>()
  for (const exports of [namespace, namespace?.['default']]) {
    if (typeof exports !== 'object' || exports === null || types.isProxy(exports)) continue
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(exports))) {
      if (typeof value === 'function' && !found.has(name)) found.set(name, value as TaskFunction)
    }
  }
  return found
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
