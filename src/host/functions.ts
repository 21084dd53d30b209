import type { NativePool } from '../native/index.js'
import { invalidOption } from './invalid-option.js'
import { workerFileUrl } from './worker-file.js'

/** What the payload is: the one argument of the function, a list of arguments, or a call with streams. */
export type Form = 'single' | 'spread' | 'stream'

/** What a task calls, and how. */
export interface Target {
  /** As the caller gives it; undefined: the pool's own. */
  readonly filename: string | URL | undefined
  readonly name: string
  readonly form: Form
}

/** Functions of one module, by form, whether the context of a trace comes along, and name. */
type ModuleFunctions = Map<`${Form}${'' | '+carrier'}`, Map<string, number>>

/**
 * Functions that a thread may name. Each stays known, here and in every worker, for as long as the pool lives: names that
 * somebody makes up are not to fill the memory.
 */
const MOST_FUNCTIONS = 65_536

/** In the place of a URL: the pool's own module. */
const OWN = ''

/**
 * Knows the small number that the pool has for every (module, export) pair. The pair crosses to the workers once, as a
 * definition; after that a task names its function by the number alone.
 */
export class FunctionTable {
  readonly #native: Pick<NativePool, 'define'>
  readonly #modules = new Map<string, ModuleFunctions>()
  /** From a file name as the caller writes it to its URL; only files that were seen to exist. */
  readonly #urls = new Map<string, string>()
  #defined = 0
  /** By number; those that only other threads use are missing. */
  readonly #names: (string | undefined)[] = []
  /** The function last asked for that is the pool's own and takes one argument: tasks come in rows of the same one. */
  #lastName: string | undefined
  #lastId = -1
  /** Whether the pool has a module of its own. */
  hasDefault: boolean

  constructor(native: Pick<NativePool, 'define'>, hasDefault: boolean) {
    this.#native = native
    this.hasDefault = hasDefault
  }

  /**
   * The number of a function, defined on first sight.
   *
   * @param filename module as the caller gave it; undefined for the pool's own
   * @param name export to call
   * @param form what the payload is
   * @param carries the context of a trace comes behind it
   * @throws ERR_HATCHERY_INVALID_OPTION if there is no module, ERR_HATCHERY_WORKER_FILE_NOT_FOUND
   */
  idOf(filename: string | URL | undefined, name: string, form: Form, carries: boolean = false): number {
    if (filename !== undefined || form !== 'single' || carries) return this.#find(filename, name, form, carries)
    if (name !== this.#lastName) {
      this.#lastId = this.#find(undefined, name, 'single', false)
      this.#lastName = name
    }
    return this.#lastId
  }

  #find(filename: string | URL | undefined, name: string, form: Form, carries: boolean): number {
    // Which module is the pool's own is for each worker to know: a reload may change it.
    const url = filename === undefined ? OWN : this.#urlOf(filename)
    if (url === OWN && !this.hasDefault) {
      throw invalidOption('filename', 'given, either to the pool or to this call: it says where the task is', filename)
    }
    let functions = this.#modules.get(url)
    if (functions === undefined) {
      functions = new Map()
      this.#modules.set(url, functions)
    }
    const key = carries ? (`${form}+carrier` as const) : form
    let ids = functions.get(key)
    if (ids === undefined) {
      ids = new Map()
      functions.set(key, ids)
    }
    return ids.get(name) ?? this.#define(ids, url, name, form, carries)
  }

  /** The export's name behind a number. */
  nameOf(id: number): string | undefined {
    return this.#names[id]
  }

  #urlOf(filename: string | URL): string {
    const key = typeof filename === 'string' ? filename : filename instanceof URL ? filename.href : undefined
    const known = key === undefined ? undefined : this.#urls.get(key)
    if (known !== undefined) return known
    const url = workerFileUrl('filename', filename)
    this.#urls.set(key!, url)
    return url
  }

  #define(ids: Map<string, number>, filename: string, name: string, form: Form, carries: boolean): number {
    if (this.#defined === MOST_FUNCTIONS) {
      throw invalidOption(
        'name',
        `one of the ${MOST_FUNCTIONS} functions that this pool has been asked for so far`,
        name,
      )
    }
    this.#defined++
    const definition = {
      ...(filename !== OWN && { filename }),
      name,
      ...(form !== 'single' && { [form]: true }),
      ...(carries && { carrier: true }),
    }
    const id = this.#native.define(JSON.stringify(definition))
    this.#names[id] = name
    ids.set(name, id)
    return id
  }
}
