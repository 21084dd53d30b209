import { join } from 'node:path'
import { packageRoot } from './package-root.js'

/** Main module of the zygote. By the package's root: a bundle lies elsewhere than the modules it was made of. */
export function zygotePath(): string {
  return join(packageRoot(), 'dist', 'src', 'zygote', 'main.js')
}

/** Main module of a worker started with the `spawn` method. */
export function workerPath(): string {
  return join(packageRoot(), 'dist', 'src', 'worker', 'main.js')
}
