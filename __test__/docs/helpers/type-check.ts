/** All scripts of all pages, type checked in two programs: TypeScript as strict as can be, JavaScript as it is. */
import { writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { type Block, isScript, isTypeScript } from './blocks.js'
import { type Page, write } from './pages.js'

/**
 * What pages speak of without saying each time where it is from. Any other free name is the reader's own, of any type.
 */
const GIVEN = `declare const pool: import('hatchery').Pool
declare const tasks: any
`

/** Names and modules that are not there: the reader's. */
const READERS = new Set([
  2304, // Cannot find name.
  2503, // Cannot find namespace.
  2552, // Cannot find name. Did you mean …?
  18004, // No value exists in scope for the shorthand property.
  7006, // Parameter implicitly has an any type: that of a function of the reader's.
  7031, // Binding element …
])
const NO_MODULE = new Set([2307, 2792, 7016])

const SHARED: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.esnext.error.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  noEmit: true,
  skipLibCheck: true,
}
const STRICT: ts.CompilerOptions = { ...SHARED, strict: true, exactOptionalPropertyTypes: true }
const LOOSE: ts.CompilerOptions = { ...SHARED, allowJs: true, checkJs: true, strict: false }

/** Writes every script, and gives what is wrong with them, by place in the page. */
export function typeCheck(pages: readonly Page[]): string[] {
  const sources = new Map<string, Block>()
  for (const page of pages) {
    for (const block of page.blocks) {
      if (isScript(block) && block.skip === undefined) sources.set(write(page, block), block)
    }
  }
  const base = dirname(pages[0]!.folder)
  const given = join(base, 'given.d.ts')
  writeFileSync(given, GIVEN)
  const parsed = new Map<string, ts.SourceFile | undefined>()
  const check = (options: ts.CompilerOptions, typed: boolean): string[] => {
    const files = [...sources].filter(([, block]) => isTypeScript(block) === typed).map(([path]) => path)
    const host = ts.createCompilerHost(options, true)
    const read = host.getSourceFile
    // The libraries' declarations are the same in both.
    host.getSourceFile = (name, ...rest) => {
      if (!name.endsWith('.d.ts')) return read(name, ...rest)
      if (!parsed.has(name)) parsed.set(name, read(name, ...rest))
      return parsed.get(name)
    }
    const program = ts.createProgram([given, ...files], options, host)
    return ts
      .getPreEmitDiagnostics(program)
      .filter((found) => !isReaders(found))
      .map((found) => tell(found, sources, base))
  }
  return [...check(STRICT, true), ...check(LOOSE, false)]
}

function isReaders({ code, messageText }: ts.Diagnostic): boolean {
  if (READERS.has(code)) return true
  return NO_MODULE.has(code) && /module '\.{1,2}\//.test(ts.flattenDiagnosticMessageText(messageText, '\n'))
}

function tell({ file, start, messageText, code }: ts.Diagnostic, sources: Map<string, Block>, base: string): string {
  const message = `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  if (file === undefined) return message
  const { line } = file.getLineAndCharacterOfPosition(start ?? 0)
  const block = sources.get(file.fileName)
  const where = block === undefined ? relative(base, file.fileName) : `${block.page}:${block.line + line}`
  return `${where}: ${message}`
}
