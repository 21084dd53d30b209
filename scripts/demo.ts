/**
 * `npm run demo [-- --limit N --workers N --json]`: builds, and transpiles every file in node_modules (at most N of them) through
 * a pool, beside the same work in one process.
 */
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildParts } from './build/parts.js'

await buildParts(['native', 'ts'])
const outdir = join('.build', 'demo')
await build({
  // The worker's module is a file of its own; what demo/main.ts imports from elsewhere is bundled with it.
  entryPoints: [join('demo', 'main.ts'), join('demo', 'tasks.ts')],
  outdir,
  bundle: true,
  packages: 'external',
  // Without the repository's path aliases, so that 'hatchery' stays the built package.
  tsconfigRaw: {},
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
})
const program = resolve(outdir, 'main.js')
process.argv[1] = program
await import(pathToFileURL(program).href)
