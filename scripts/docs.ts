/**
 * `npm run docs [-- --check]`: writes docs/api/reference/, the reference made from the declarations and their comments. It is
 * committed, so that it can be read and linked to on the repository's page, and a change of it is seen in review; and the
 * table of figures in docs/guide/comparison.md.
 * `--check` writes nothing and fails if it is out of date. Both fail if something that is exported has no comment.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { updateFigures } from './docs/figures.js'
import { undocumented, writeReference } from './docs/reference.js'
import { diffLines } from './lib/diff.js'
import { listFiles } from './lib/files.js'

const folder = join('docs', 'api', 'reference')
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })

/** Text of each file, by its path in the folder. */
function contents(root: string): Map<string, string> {
  return new Map(listFiles([root]).map((file) => [relative(root, file), readFileSync(file, 'utf8')]))
}

if (!updateFigures(values.check) && values.check) {
  console.log('The figures of docs/guide/comparison.md are not those of docs/benchmarks; run: npm run docs')
  process.exitCode = 1
}

const fresh = mkdtempSync(join(tmpdir(), 'hatchery-docs-'))
try {
  const project = await writeReference(values.check ? fresh : folder)
  const missing = undocumented(project)
  for (const name of missing) console.log(`${name} is exported and has no comment`)
  if (missing.length > 0) process.exitCode = 1
  if (values.check) {
    const [before, after] = [contents(folder), contents(fresh)]
    for (const file of new Set([...before.keys(), ...after.keys()])) {
      const [old, now] = [before.get(file) ?? '', after.get(file) ?? '']
      if (old === now) continue
      console.log(`${join(folder, file)} is out of date; run: npm run docs\n`)
      console.log(diffLines(old, now).slice(0, 100).join('\n'))
      process.exitCode = 1
    }
  }
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
