/** An application as the guide has it: package.json, a lock file, a module, and this package as packed. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { mustRun } from '../lib/command.js'

export interface Application {
  readonly folder: string
  /** npm's, with all packages of the lock file in it. */
  readonly cache: string
}

export async function makeApplication(folder: string): Promise<Application> {
  const cache = `${folder}-npm`
  const packed = join(folder, 'packed')
  mkdirSync(packed, { recursive: true })
  const printed = await mustRun(process.execPath, [join('scripts', 'run.mjs'), 'pack', '--out', packed])
  const tarballs = printed.split('\n').filter((line) => line.endsWith('.tgz'))
  const manifest = { name: 'app', version: '1.0.0', private: true, type: 'module' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  await mustRun('npm', ['install', '--no-audit', '--no-fund', '--cache', cache, ...tarballs], { cwd: folder })
  rmSync(packed, { recursive: true })

  // As if all had come from a registry: npm finds what it needs in its cache, by checksum.
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  const versions: Record<string, string> = {}
  for (const [path, entry] of Object.entries<{ version: string; resolved?: string }>(lock.packages)) {
    const name = path.replace(/^.*node_modules\//, '')
    if (name === '') continue
    if (entry.resolved?.startsWith('file:')) versions[name] = entry.version
    entry.resolved = `https://registry.example/${name}.tgz`
  }
  lock.packages[''].dependencies = versions
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, dependencies: versions }))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
  copyFileSync(join('scripts', 'image', 'tasks.js'), join(folder, 'tasks.js'))
  copyFileSync(join('deploy', 'docker', 'dockerignore'), join(folder, '.dockerignore'))
  return { folder, cache }
}
