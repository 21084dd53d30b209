import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

let known: string | undefined

/**
 * The folder of this package: the nearest one upwards whose package.json names hatchery. Found by walking, since
 * this code runs from dist/src/native/, from a bundle in dist/cjs/ and, in tests, from .build/test/.
 */
export function packageRoot(): string {
  known ??= findRoot(dirname(fileURLToPath(import.meta.url)))
  return known
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isOurs(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return start
  }
}

function isOurs(file: string): boolean {
  if (!existsSync(file)) return false
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'hatchery'
  } catch {
    return false
  }
}
