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
  /** The context of a trace lies behind the payload. */
  readonly carrier?: boolean
}

/** A function that tasks name by its number. */
export class FunctionEntry {
  readonly #definition: Required<Pick<FunctionDefinition, 'filename' | 'name'>>
  readonly name: string
  readonly spread: boolean
  readonly stream: boolean
  readonly carrier: boolean
  /** The function. Undefined until the module is loaded. */
  target: TaskFunction | undefined
  /** The same for plain calls alone: those with streams, or a context, go a way of their own. */
  call: TaskFunction | undefined
  #loading: Promise<TaskFunction> | undefined

  private constructor(definition: FunctionDefinition & { filename: string }, call: TaskFunction | undefined) {
    this.#definition = definition
    this.spread = definition.spread === true
    this.name = definition.name
    this.stream = definition.stream === true
    this.carrier = definition.carrier === true
    this.#take(call)
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
    this.#take(call)
    return call
  }

  #take(call: TaskFunction | undefined): void {
    this.target = call
    this.call = this.stream || this.carrier ? undefined : call
  }
}

/** The entry of a number that the host has never defined; it fails whatever calls it. */
export function undefinedFunction(functionId: number): HatcheryError {
  return new HatcheryError(ERROR_CODES.TASK_UNKNOWN, `The host has not defined function ${functionId}.`)
}
