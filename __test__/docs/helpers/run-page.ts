/** Runs the programs of a page in their order, each in a process of its own, and compares what they print. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import ts from 'typescript'
import { type Block, isScript, isShell, isTypeScript } from './blocks.js'
import { type Page, write } from './pages.js'

/** Milliseconds that one program may take on a machine with other things to do. */
const LIMIT = 90_000

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Gives what went wrong. */
export async function runPage(page: Page): Promise<string[]> {
  const wrong: string[] = []
  const { blocks } = page
  for (const [index, block] of blocks.entries()) {
    if (block.skip !== undefined || (block.title === undefined && !block.run)) continue
    const path = write(page, block)
    const program = isTypeScript(block) ? transpile(path) : path
    if (!block.run) continue
    const where = `${page.path}:${block.line}`
    const { code, stdout, stderr } = await run(page, block, program)
    if (code !== 0) {
      wrong.push(`${where}: ended with ${code}\n${stdout}${stderr}`)
      break
    }
    const next = blocks[index + 1]
    const expected = [...inComments(block), ...(next?.output ? next.text.split('\n') : [])]
    const difference = compare(expected, stdout)
    if (difference !== undefined) wrong.push(`${where}: ${difference}\nprinted:\n${stdout}${stderr}`)
  }
  return wrong
}

/** Beside the source, with the name that an import of it has. */
function transpile(path: string): string {
  const outfile = path.replace(/ts$/, 'js')
  const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  })
  writeFileSync(outfile, outputText)
  return outfile
}

function run(page: Page, block: Block, program: string): Promise<Ended> {
  if (!isScript(block) && !isShell(block))
    throw new Error(`${page.path}:${block.line}: ${block.language} cannot be run`)
  const [command, args] = isShell(block) ? ['bash', ['-euo', 'pipefail', program]] : [process.execPath, [program]]
  const bin = join(page.folder, 'node_modules', '.bin')
  const child = spawn(command, args, {
    cwd: page.folder,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  return new Promise((resolve, reject) => {
    const ended = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => (ended.stdout += chunk))
    child.stderr.on('data', (chunk) => (ended.stderr += chunk))
    const timer = setTimeout(() => {
      ended.stderr += `killed after ${LIMIT} ms\n`
      process.kill(-child.pid!, 'SIGKILL')
    }, LIMIT)
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...ended })
    })
  })
}

/** Lines that a program says it prints: `console.log(6 * 7) // prints 42`. */
function inComments({ text }: Block): string[] {
  return [...text.matchAll(/(?:\/\/|#) prints:? (.*)$/gm)].map(([, line]) => line!.trim())
}

/** Undefined if the lines were printed, in this order. */
function compare(expected: readonly string[], printed: string): string | undefined {
  const lines = printed.trimEnd().split('\n')
  let at = 0
  for (const line of expected) {
    if (line.trim() === '…') continue
    const pattern = new RegExp(`^${line.split('…').map(escape).join('.*')}$`)
    const found = lines.findIndex((text, index) => index >= at && pattern.test(text.trimEnd()))
    if (found < 0) return `did not print: ${line}`
    at = found + 1
  }
  return undefined
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
