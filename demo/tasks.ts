/** The work of the demo. The pool's workers run it as a task, and the demo itself runs it in-process to compare. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import ts from 'typescript'

export interface Transpiled {
  code: string
  /** Of the source as it lies on the disk. */
  sourceHash: string
  /** Of the code. */
  codeHash: string
}

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.CommonJS,
  allowJs: true,
  sourceMap: false,
}

/** Transpiles one file to CommonJS and hashes it before and after. */
export function transpile(file: string): Transpiled {
  const source = readFileSync(file)
  // A declaration file has no output of its own: it is treated as the source it looks like.
  const fileName = file.replace(/\.d\.([mc]?ts)$/, '.$1')
  const code = ts.transpileModule(source.toString(), { fileName, compilerOptions }).outputText
  return { code, sourceHash: sha256(source), codeHash: sha256(code) }
}

/** Keeps a worker busy without work, so that a measurement can see every worker of a pool. */
export async function hold(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
