/**
 * `npm run schema [-- --check]`: writes what follows from the description of a configuration in src/config/schema: the
 * published JSON Schema, and the tables of keys in the guide. `--check` compares, and fails if they are not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { publish } from '../src/config/schema/publish.js'
import { configTables } from './lib/config-tables.js'

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

const guide = join('docs', 'guide', 'configuration.md')
const [begin, end] = ['<!-- keys: made by `npm run schema` -->\n', '<!-- end of keys -->\n']

function guideWithTables(): string {
  const [before, rest] = readFileSync(guide, 'utf8').split(begin)
  const after = rest?.split(end)[1]
  if (after === undefined) throw new Error(`${guide} has no place for the tables of keys: ${begin}`)
  return `${before}${begin}\n${configTables()}\n${end}${after}`
}

const files = {
  [join('schema', 'hatchery.schema.json')]: `${JSON.stringify(publish(), undefined, 2)}\n`,
  [guide]: guideWithTables(),
}
for (const [file, content] of Object.entries(files)) {
  let present = ''
  try {
    present = readFileSync(file, 'utf8')
  } catch {
    // Not made yet.
  }
  if (present === content) console.log(`${file} is up to date`)
  else if (values.check) {
    console.log(`${file} is not what src/config/schema says. Run: npm run schema`)
    process.exitCode = 1
  } else {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    console.log(`wrote ${file}`)
  }
}
