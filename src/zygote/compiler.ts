import { execArgv, versions } from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

/** Major version of V8 from which on a compiler between baseline and optimizing one takes the first heat: Node 24. */
const MIDDLE_COMPILER = 13
/** From here on calls are counted, before that bytes of bytecode: Node 22. */
const COUNTS_CALLS = 12

/**
 * Has workers optimize their code three times as late as Node does. A fork has no thread to optimize on: the task waits
 * meanwhile, and each worker does it anew. The first 1500 files of the demo take two thirds of the time, and what comes after
 * them no longer.
 *
 * A middle compiler leaves nothing to gain, and whoever has set the flag has their reasons.
 */
export function optimizeLate(): void {
  const version = Number.parseInt(versions.v8, 10)
  if (version >= MIDDLE_COMPILER) return
  const [flag, value] =
    version >= COUNTS_CALLS ? ['--invocation-count-for-turbofan', 9000] : ['--interrupt-budget', 3 * 132 * 1024]
  const given = execArgv.some((argument) => argument.replaceAll('_', '-').startsWith(flag))
  if (!given) setFlagsFromString(`${flag}=${value}`)
}

/** Functions beyond these are compiled when they are called. */
const MOST_FUNCTIONS = 200

/**
 * Has V8 compile functions, which it does else when they are first called: in each fork anew, where it takes longer than
 * anything else up to the first result. None is called.
 *
 * It is what V8 itself offers for its tests. With `--fuzzing` that does nothing, silently, to what it cannot compile.
 */
export function compileFunctions(functions: readonly ((...parameters: any[]) => unknown)[]): void {
  if (functions.length === 0) return
  setFlagsFromString('--allow-natives-syntax')
  setFlagsFromString('--fuzzing')
  try {
    const compile = runInThisContext('(f) => %PrepareFunctionForOptimization(f)') as (f: unknown) => void
    functions.slice(0, MOST_FUNCTIONS).forEach(compile)
  } catch {
    // Another V8: then they are compiled later.
  } finally {
    setFlagsFromString('--no-fuzzing')
    setFlagsFromString('--no-allow-natives-syntax')
  }
}
