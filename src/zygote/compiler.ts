import { execArgv, versions } from 'node:process'
import { setFlagsFromString } from 'node:v8'

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
