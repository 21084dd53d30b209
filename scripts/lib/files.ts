/** Walks folders; what git ignores by name (node_modules, target, dist, .build) is never entered. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'target', 'dist', '.build', '.git'])

/** Every file under the given paths whose path matches; a path that does not exist gives none. */
export function listFiles(paths: readonly string[], match = /./): string[] {
  return paths.flatMap((path) => {
    if (!existsSync(path)) return []
    return statSync(path).isDirectory() ? walk(path).filter((file) => match.test(file)) : [path]
  })
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(path)
    return entry.isFile() ? [path] : []
  })
}
