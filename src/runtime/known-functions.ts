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
  /** With their definitions as the host writes them. */
  readonly #entries: { readonly definition: Buffer; readonly entry: FunctionEntry }[] = []

  constructor(own: string | undefined) {
    this.#own = own
    for (const name of [...taskFunctions(own).keys()].slice(0, MOST)) {
      const definition = Buffer.from(JSON.stringify({ name }))
      this.#entries.push({ definition, entry: FunctionEntry.define({ name }, own) })
    }
  }

  /** The function of a definition: JSON in `bytes`, from `start` on. */
  define(bytes: Uint8Array, start: number, length: number): FunctionEntry {
    for (const { definition, entry } of this.#entries) {
      if (definition.length !== length || !isThere(definition, bytes, start)) continue
      // A module may export another one under that name by now.
      if (findFunction(loadedModule(this.#own!)!, entry.name) === entry.call) return entry
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString()
    return FunctionEntry.define(JSON.parse(text) as FunctionDefinition, this.#own)
  }
}

/** Byte by byte: to call what Node has for it takes a fork longer. */
function isThere(definition: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < definition.length; index++) {
    if (bytes[start + index] !== definition[index]) return false
  }
  return true
}
