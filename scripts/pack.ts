/**
 * `npm run pack:local [-- --out FOLDER]`: the tarballs as they would be published, of the package and of the binary for
 * this platform. Prints their paths, one a line.
 */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { platformName } from '../src/native/platform.js'
import { nativeFolder } from './build/native.js'
import { buildParts, defaultParts } from './build/parts.js'
import { mustRun } from './lib/command.js'
import { nativeFile } from './lib/platform.js'

const { values } = parseArgs({ options: { out: { type: 'string', default: join('.build', 'pack') } } })
const out = resolve(process.env.INIT_CWD ?? process.cwd(), values.out)
mkdirSync(out, { recursive: true })

await buildParts(defaultParts)
const platformFolder = join('npm', platformName())
copyFileSync(join(nativeFolder, nativeFile), join(platformFolder, nativeFile))
for (const folder of ['.', platformFolder]) {
  const printed = await mustRun('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', out], {
    cwd: folder,
  })
  console.log(join(out, packedName(printed)))
}

/** npm 11 prints a list, npm 12 an object by package name. */
function packedName(printed: string): string {
  const parsed = JSON.parse(printed) as Record<string, { filename: string }>
  const [first] = Object.values(parsed)
  if (!first) throw new Error(`npm pack printed ${printed}`)
  return first.filename
}
