import { join } from 'node:path'
import { packageRoot } from './package-root.js'

/** The zygote's program, bundled. By the package's root: a bundle lies elsewhere than the modules it was made of. */
export function zygotePath(): string {
  return join(packageRoot(), 'dist', 'cjs', 'zygote.cjs')
}

/** The program of a worker started with the `spawn` method, bundled likewise. */
export function workerPath(): string {
  return join(packageRoot(), 'dist', 'cjs', 'spawned.cjs')
}
