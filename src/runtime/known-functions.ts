import { type FunctionDefinition, FunctionEntry } from './function-table.js'
import { findFunction, loadedModule, taskFunctions } from './modules.js'

/** More are defined as the host tells of them. */
const MOST = 200

/**
 * What definitions of functions mean. Those of the pool's own module that are plain calls have their entries before the host
 * tells of them, if the module is loaded by then: to read a definition takes a fork a tenth of its start.
 */
export class KnownFunctions {
  /** URL of the pool's own module. */
  readonly #own: string | undefined
  /** By definition, as the host writes it. */
  readonly #entries = new Map<string, FunctionEntry>()

  constructor(own: string | undefined) {
    this.#own = own
    for (const name of [...taskFunctions(own).keys()].slice(0, MOST)) {
      this.#entries.set(JSON.stringify({ name }), FunctionEntry.define({ name }, own))
    }
  }

  /** The function of a definition; JSON. */
  define(text: string): FunctionEntry {
    const entry = this.#entries.get(text)
    // A module may export another one under that name by now.
    if (entry !== undefined && findFunction(loadedModule(this.#own!)!, entry.name) === entry.call) return entry
    return FunctionEntry.define(JSON.parse(text) as FunctionDefinition, this.#own)
  }
}
