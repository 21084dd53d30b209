import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { awaitFunction, findFunction, importTaskModule, loadedModule, type TaskFunction } from './modules.js'

/** What the host sends to give a function its number. */
export interface FunctionDefinition {
  /** Left out: the pool's own module. */
  readonly filename?: string
  readonly name: string
  /** The payload is a list of arguments. */
  readonly spread?: boolean
  /** The payload is a call with streams: see `readStreamCall`. */
  readonly stream?: boolean
}

/** A function that tasks name by its number. */
export class FunctionEntry {
  readonly #definition: Required<Pick<FunctionDefinition, 'filename' | 'name'>>
  readonly spread: boolean
  readonly stream: boolean
  /** Undefined until the module is loaded, and for calls with streams, which are rare and go by {@link load}. */
  call: TaskFunction | undefined
  #loading: Promise<TaskFunction> | undefined

  private constructor(definition: FunctionDefinition & { filename: string }, call: TaskFunction | undefined) {
    this.#definition = definition
    this.spread = definition.spread === true
    this.stream = definition.stream === true
    this.call = this.stream ? undefined : call
    if (call !== undefined) this.#loading = Promise.resolve(call)
  }

  /**
   * The function that a definition names.
   *
   * @param own URL of the pool's own module
   */
  static define(definition: FunctionDefinition, own: string | undefined): FunctionEntry {
    const { filename = own ?? '' } = definition
    const module = loadedModule(filename)
    const call = module === undefined ? undefined : findFunction(module, definition.name)
    return new FunctionEntry({ ...definition, filename }, call)
  }

  /** A function at hand. */
  static of(call: TaskFunction): FunctionEntry {
    return new FunctionEntry({ filename: '', name: '' }, call)
  }

  /**
   * The function, once its module is loaded.
   *
   * @throws ERR_HATCHERY_WORKER_MODULE_FAILED, ERR_HATCHERY_TASK_UNKNOWN
   */
  load(): Promise<TaskFunction> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  async #load(): Promise<TaskFunction> {
    const { filename, name } = this.#definition
    const call = await awaitFunction(await importTaskModule(filename), filename, name)
    if (!this.stream) this.call = call
    return call
  }
}

/** The entry of a number that the host has never defined; it fails whatever calls it. */
export function undefinedFunction(functionId: number): HatcheryError {
  return new HatcheryError(ERROR_CODES.TASK_UNKNOWN, `The host has not defined function ${functionId}.`)
}
