/**
 * `npm run bench [-- --quick --only NAME --rounds N --json FILE --publish]`: builds, installs the peers, and measures Hatchery
 * beside the pools on npm. `npm run bench -- FILE` runs another program of benches/js/, such as `codec`.
 *
 *   --quick        one short round with fewer points
 *   --only NAME    a measurement, or part of a pool's name; may be given several times
 *   --rounds N     rounds of each measurement (5)
 *   --json FILE    writes the results there, and the curves beside it
 *   --publish      writes them to docs/benchmarks/, and the table of docs/guide/comparison.md
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { buildParts, defaultParts } from './build/parts.js'
import { updateFigures } from './docs/figures.js'
import { installPackages } from './install.mjs'
import { compileBench } from './lib/compile-bench.js'

const folder = join('benches', 'js')
const first = process.argv[2]
const name = first !== undefined && /^[a-z-]+$/.test(first) && !first.startsWith('-') ? first : 'main'
if (!existsSync(join(folder, `${name}.ts`))) {
  console.error(`benches/js/${name}.ts does not exist`)
  process.exit(2)
}
if (name === first) process.argv.splice(2, 1)

await buildParts(defaultParts)
installPackages(join(process.cwd(), folder))
// The peers' package imports Hatchery by name, as a user would; the link is made here because npm would install all of
// Hatchery's own dependencies again for one in package.json.
const link = join(folder, 'node_modules', 'hatchery')
mkdirSync(join(folder, 'node_modules'), { recursive: true })
rmSync(link, { force: true, recursive: true })
symlinkSync(join('..', '..', '..'), link)

const program = await compileBench(folder, name)
process.argv[1] = program
await import(pathToFileURL(program).href)
if (process.argv.includes('--publish')) updateFigures(false)
