/**
 * Only for a release, in a checkout that is thrown away: makes the platform packages optional dependencies of the
 * package. They are not in the committed package.json, because `npm ci` on a clone would look for versions that are not
 * published yet.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Manifest {
  name: string
  version: string
  optionalDependencies?: Record<string, string>
}

const read = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8')) as Manifest

const manifest = read('package.json')
const platforms = readdirSync('npm').map((folder) => read(join('npm', folder, 'package.json')))
const other = platforms.find(({ version }) => version !== manifest.version)
if (other) throw new Error(`${other.name} has version ${other.version}, ${manifest.name} has ${manifest.version}`)

manifest.optionalDependencies = Object.fromEntries(platforms.map(({ name, version }) => [name, version]))
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`)
