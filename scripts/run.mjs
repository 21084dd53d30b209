#!/usr/bin/env node
// The way into every tool of the repository: `node scripts/run.mjs TOOL [arguments]`. Plain JavaScript and Node
// built-ins only, because on a bare clone it runs before anything is installed. It installs the packages if they
// are missing or stale, bundles scripts/TOOL.ts and runs it.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installPackages } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)

const tool = process.argv[2] ?? ''
const source = join('scripts', `${tool}.ts`)
if (!/^[a-z-]+$/.test(tool) || !existsSync(source)) {
  console.error(`usage: node scripts/run.mjs TOOL [arguments], where scripts/TOOL.ts exists`)
  process.exit(2)
}

const [, , , ...options] = process.argv
if (options.includes('--help') || options.includes('-h')) {
  console.log(about(source))
  process.exit(0)
}

installPackages(root)

const { build } = await import('esbuild')
// One file a process: two tools that start at the same moment must not read each other's half-written bundle.
const outfile = join('.build', 'scripts', `${tool}.${process.pid}.mjs`)
await build({
  entryPoints: [source],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
})
process.on('exit', () => rmSync(outfile, { force: true }))
process.argv.splice(1, 2, join(root, source))
try {
  await import(pathToFileURL(join(root, outfile)).href)
} catch (error) {
  if (!String(error?.code).startsWith('ERR_PARSE_ARGS_')) throw error
  console.error(`${error.message}\n\n${about(source)}`)
  process.exitCode = 2
}

/** What a tool says of itself: the comment that it begins with, where its options are. */
function about(file) {
  const [comment = ''] = /^\/\*\*[\s\S]*?\*\//.exec(readFileSync(file, 'utf8')) ?? []
  return comment.replace(/^\/\*\* ?\n?|\s*\*\/$/g, '').replace(/^ \* ?/gm, '')
}
