/** Options of Node that concern one process and no other: scripts given inline, debuggers, watchers, test runs. */
const OWN =
  /^(?:-[eipc]|-pe|--(?:eval|print|interactive|check|input-type|inspect[\w-]*|debug[\w-]*|watch[\w-]*|test[\w-]*|run|prof|cpu-prof[\w-]*|heap-prof[\w-]*|diagnostic-dir|report-[\w-]*|trace-event[\w-]*))(?:=|$)/

/** Those of {@link OWN} whose value is the next argument, if it is not joined by "=". */
const WITH_VALUE =
  /^(?:-e|-p|-pe|--eval|--print|--input-type|--inspect-port|--debug-port|--watch-path|--run|--diagnostic-dir|--(?:cpu|heap)-prof-(?:dir|name|interval)|--test-[\w-]+)$/

/**
 * What of the host's `process.execArgv` its workers inherit: loaders, conditions, heap sizes and the like, but not
 * what belongs to the host alone.
 */
export function inheritedExecArgv(execArgv: readonly string[]): string[] {
  const inherited: string[] = []
  for (let index = 0; index < execArgv.length; index++) {
    const argument = execArgv[index]!
    if (!OWN.test(argument)) inherited.push(argument)
    else if (WITH_VALUE.test(argument) && execArgv[index + 1]?.startsWith('-') === false) index++
  }
  return inherited
}
