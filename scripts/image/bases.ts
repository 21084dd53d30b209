/** Stand-ins for the images that the Dockerfile begins with. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { mustRun } from '../lib/command.js'
import { debianRoot } from '../lib/debian.js'
import type { Builder } from './builder.js'

/** The one of the Dockerfile. */
const NODE = join(process.cwd(), 'node_modules', 'node-22', 'bin', 'node')

/** Images, by what names them. */
export interface Bases {
  readonly build: string
  readonly runtime: string
}

export async function makeBases(builder: Builder, folder: string): Promise<Bases> {
  const slim = join(folder, 'slim')
  mkdirSync(slim)
  await mustRun('tar', ['-C', slim, '--numeric-owner', '-xf', await debianRoot('bookworm', ['libstdc++6'])])
  copyFileSync(NODE, join(slim, 'usr/bin/node'))
  const npm = (await mustRun('npm', ['root', '--global'])).trim()
  cpSync(join(npm, 'npm'), join(slim, 'usr/lib/npm'), { recursive: true })
  symlinkSync('../lib/npm/bin/npm-cli.js', join(slim, 'usr/bin/npm'))
  // What it installs is in its cache already.
  writeFileSync(join(slim, 'root/.npmrc'), 'offline=true\n')

  const bare = join(folder, 'bare')
  for (const path of ['nodejs/bin', 'etc', 'tmp']) mkdirSync(join(bare, path), { recursive: true })
  chmodSync(join(bare, 'tmp'), 0o1777)
  copyFileSync(NODE, join(bare, 'nodejs/bin/node'))
  const libraries = await mustRun('chroot', [slim, 'ldd', '/usr/bin/node'])
  for (const [path] of libraries.matchAll(/\/lib\S+/g)) {
    mkdirSync(dirname(join(bare, path)), { recursive: true })
    copyFileSync(join(slim, path), join(bare, path))
  }
  writeFileSync(join(bare, 'etc/passwd'), 'nonroot:x:65532:65532::/:/none\n')

  const pack = async (root: string) => {
    const file = `${root}.Dockerfile`
    writeFileSync(file, 'FROM scratch\nCOPY . /\n')
    return builder.build({ folder: root, file })
  }
  return { build: await pack(slim), runtime: await pack(bare) }
}
