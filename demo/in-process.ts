/** The same work without a pool: the time to beat and the results to match. */
import { setImmediate as turn } from 'node:timers/promises'
import type { SourceFile } from './files.js'
import { Progress } from './progress.js'
import { type Transpiled, transpile } from './tasks.js'

export interface Run {
  seconds: number
  results: Transpiled[]
}

export async function runInProcess(files: readonly SourceFile[]): Promise<Run> {
  const progress = new Progress('in-process', files.length)
  const results: Transpiled[] = []
  const started = performance.now()
  for (const { path } of files) {
    results.push(transpile(path))
    progress.advance()
    // Lets signals such as Ctrl-C through.
    if (results.length % 64 === 0) await turn()
  }
  return { seconds: (performance.now() - started) / 1000, results }
}
