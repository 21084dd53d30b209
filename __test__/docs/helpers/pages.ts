/** The pages whose blocks are tested, and the folder in which the blocks of each are laid out. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { type Block, blocksOf, isScript, isTypeScript } from './blocks.js'

const root = process.cwd()
/** One folder a run: `npm test` may be running twice. */
const base = join(root, '.build', 'docs', String(process.pid))

export interface Page {
  readonly path: string
  readonly folder: string
  readonly blocks: readonly Block[]
}

/** README.md and everything in docs/ but the reference, which is made from the declarations. */
export function allPages(): Page[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith(join('api', 'reference')))
    .sort()
    .map((name) => join('docs', name))
  return ['README.md', ...docs].map((path) => pageOf(path, readFileSync(join(root, path), 'utf8')))
}

export function pageOf(path: string, markdown: string): Page {
  const folder = join(base, path.replace(/\.md$/, '').replace(/[^A-Za-z0-9]+/g, '-'))
  return { path, folder, blocks: blocksOf(path, markdown) }
}

/** Name of the file that a block is written to. */
export function fileOf(block: Block): string {
  return block.title ?? `block-${block.line}.${isTypeScript(block) ? 'ts' : isScript(block) ? 'js' : 'sh'}`
}

/** An ES module package of its own, in which `hatchery` is the built package and all else that of the repository. */
export function layOut(page: Page): void {
  mkdirSync(join(page.folder, 'node_modules', '.bin'), { recursive: true })
  symlinkSync(root, join(page.folder, 'node_modules', 'hatchery'))
  for (const [name, file] of Object.entries(binaries())) {
    // Not a link: npm makes programs executable as it installs them, and the build does not.
    const script = `#!/bin/sh\nexec '${process.execPath}' '${resolve(root, file)}' "$@"\n`
    writeFileSync(join(page.folder, 'node_modules', '.bin', name), script, { mode: 0o755 })
  }
  writeFileSync(join(page.folder, 'package.json'), '{ "name": "example", "private": true, "type": "module" }\n')
}

function binaries(): Record<string, string> {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).bin ?? {}
}

/** Writes the block's file, and gives its path. */
export function write(page: Page, block: Block): string {
  const path = join(page.folder, fileOf(block))
  if (relative(page.folder, path).startsWith('..')) throw new Error(`${page.path}:${block.line}: ${block.title}`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${block.text}\n`)
  return path
}

export function removeAll(): void {
  rmSync(base, { recursive: true, force: true })
}
