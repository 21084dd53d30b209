/** Root file systems of Debian, from its packages. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './command.js'

/** A tarball of the suite with these packages, made once and kept. Needs root and mmdebstrap. */
export async function debianRoot(suite: string, packages: readonly string[]): Promise<string> {
  const folder = join('.build', 'debian')
  const digest = createHash('sha256').update(packages.join()).digest('hex').slice(0, 8)
  const file = join(folder, `${suite}-${digest}.tar`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  console.error(`unpacking Debian ${suite} …`)
  const partial = `${file}.partial`
  const include = `--include=${packages.join()}`
  await mustRun('mmdebstrap', ['--variant=minbase', '--format=tar', include, suite, partial])
  renameSync(partial, file)
  return file
}
