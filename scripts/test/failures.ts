/** Finds in what a step has printed which tests failed, and what they said, in a few lines each. */
import { stripVTControlCharacters } from 'node:util'

export interface Failure {
  name: string
  message: readonly string[]
}

/** Lines of one message that are shown; the rest is in the log file. */
const SHOWN = 10

/** Frames of the runners and of what lies below them, quoted source, backtraces of Rust. */
const NOISE = [/^\s+at .*(node_modules|node:internal)/, /^\s+\d+: /, /^\s+at \S+\.rs:/, /^note: /, /^stack backtrace:/]

/** The failures that a runner tells of; if it tells of none, one named for the step, with the lines that look like it. */
export function failuresOf(step: string, output: string): Failure[] {
  const text = stripVTControlCharacters(output)
  const found = [...ofCargo(text), ...ofAva(text)]
  return found.length > 0 ? found : [{ name: step, message: telling(text) }]
}

/** Blocks `---- NAME stdout ----`, each after the line that names its program. */
function ofCargo(text: string): Failure[] {
  const failures: Failure[] = []
  let program = ''
  let message: string[] | undefined
  for (const line of text.split('\n')) {
    const running = /^\s+Running (?:unittests )?(\S+) \(.*?([\w-]+)-[0-9a-f]+\)/.exec(line)
    const name = /^---- (.+) stdout ----$/.exec(line)?.[1]
    if (running) program = running[1]?.startsWith('src') ? (running[2] ?? '') : (running[1] ?? '')
    if (running || /^(failures:|test result:)/.test(line)) message = undefined
    if (name === undefined) {
      message?.push(line)
    } else {
      message = []
      failures.push({ name: `${program} › ${name}`, message })
    }
  }
  return failures.map((failure) => ({ ...failure, message: brief(failure.message) }))
}

/** After a line with a dash alone: blocks of a title and what is to be said of it, three empty lines between them. */
function ofAva(text: string): Failure[] {
  const [course = '', ...blocks] = text.split(/^ {2}─$/m)
  // What belongs to no test is told as it happens.
  const stray = course.matchAll(/^ {2}((?:Unhandled rejection|Uncaught exception) in .*)\n((?!^ {2}[✘✔─]).*\n)*/gm)
  const failures = Array.from(stray, ([block, name = '']) => ({ name, message: brief(block.split('\n').slice(1)) }))
  const broken = course.matchAll(/^ {2}✘ ((?!\[fail\]).*)$/gm)
  failures.push(...Array.from(broken, ([, name = '']) => ({ name, message: [] })))
  // The last part is the counts.
  for (const block of blocks.slice(0, -1).join('').split('\n\n\n\n')) {
    const [name = '', ...rest] = block.trim().split('\n')
    if (name !== '') failures.push({ name, message: brief(rest) })
  }
  return failures
}

function brief(lines: readonly string[]): string[] {
  const telling = lines.filter((line) => line.trim() !== '' && !NOISE.some((noise) => noise.test(line)))
  const shown = telling.slice(0, SHOWN).map((line) => line.trimEnd())
  return telling.length > SHOWN ? [...shown, '…'] : shown
}

/** For the tools that are no test runners: the lines with an error, or else the last ones. */
function telling(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const errors = lines.flatMap((line, at) => (/\berror\b|\bfailed\b|panicked|×|✖/i.test(line) ? [at] : []))
  const first = errors[0]
  return first === undefined ? lines.slice(-SHOWN) : brief(lines.slice(first))
}
