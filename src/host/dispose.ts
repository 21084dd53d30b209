/**
 * `Symbol.asyncDispose` and `Symbol.dispose` came with Node 20.5. Before that they are made here, as Node makes
 * them, so that `await using` compiled for older engines finds the methods of the pool.
 */
for (const name of ['dispose', 'asyncDispose'] as const) {
  if (Symbol[name] === undefined) {
    Object.defineProperty(Symbol, name, {
      value: Symbol(`Symbol.${name}`),
      writable: false,
      enumerable: false,
      configurable: false,
    })
  }
}

/** The symbol of `await using`. */
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose
