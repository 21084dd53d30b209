/** The demo's input: every JavaScript and TypeScript file under a folder. */
import { type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface SourceFile {
  path: string
  bytes: number
}

const extension = /\.[mc]?[jt]s$/

/** Largest first: a big file taken last would leave all workers but one idle at the end. */
export function findSources(folder: string): SourceFile[] {
  return walk(folder).sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
}

/** Every k-th file, from the middle of each k: so a part has the mix of the whole, and not its few giants. */
export function takePart(files: readonly SourceFile[], count: number): SourceFile[] {
  if (count >= files.length) return [...files]
  const stride = files.length / count
  return Array.from({ length: count }, (_, index) => files[Math.floor((index + 0.5) * stride)]!)
}

function walk(folder: string): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry: Dirent): SourceFile[] => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return walk(path)
    // Links are left out: they lead to files that are found anyway.
    return entry.isFile() && extension.test(entry.name) ? [{ path, bytes: statSync(path).size }] : []
  })
}
