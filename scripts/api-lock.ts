/**
 * `npm run api [-- --check]`: keeps the root index.d.ts, the committed record of the public API: the declarations of
 * every entry point, bundled. `--check` compares and fails when a change of the sources changed the API without the
 * lock being renewed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { buildParts } from './build/parts.js'
import { diffLines } from './lib/diff.js'
import { publicDeclarations } from './lib/public-declarations.js'

const lock = 'index.d.ts'
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

await buildParts(['ts'])
const current = await publicDeclarations()
const locked = existsSync(lock) ? readFileSync(lock, 'utf8') : ''
if (current === locked) {
  console.log(`${lock} is up to date`)
} else if (values.check) {
  console.log(`The public API differs from ${lock}. If that is meant, run: npm run api\n`)
  console.log(diffLines(locked, current).join('\n'))
  process.exitCode = 1
} else {
  writeFileSync(lock, current)
  console.log(`wrote ${lock}`)
}
