/** What is wrong with a configuration, and the error that tells of all of it. */
import { ERROR_CODES, HatcheryError } from '../errors/index.js'

/** One thing that is wrong. */
export interface ConfigProblem {
  /** Where in the configuration, such as `pool.max_workers` or `pool.preload[1]`; empty: all of it. */
  readonly path: string
  /** What is wrong, what was expected and what was found. */
  readonly message: string
  /** What must be there, where that can be said. */
  readonly expected?: string | undefined
  /** What is there instead; left out where nothing is. */
  readonly found?: unknown
  /** Where it stands. */
  readonly source: ValueSource
}

/** Where a value comes from. */
export type ValueSource =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | {
      readonly kind: 'environment'
      readonly variable: string /** What was given in its place. */
      readonly flag?: string
    }
  | { readonly kind: 'default' }

/** A {@link HatcheryError} with the code ERR_HATCHERY_INVALID_CONFIG. */
export interface ConfigError extends HatcheryError {
  readonly code: 'ERR_HATCHERY_INVALID_CONFIG'
  /** Everything that is wrong, in the order of the file; then what the environment has got wrong. */
  readonly problems: readonly ConfigProblem[]
}

/** The error for all problems of a configuration. `text`: of the file, to show a line of it. */
export function configError(file: string, problems: readonly ConfigProblem[], text = '', cause?: unknown): ConfigError {
  const sorted = [...problems].sort((a, b) => placeOf(a.source) - placeOf(b.source))
  const lines = sorted.map((problem) => describe(problem, text))
  const message =
    lines.length === 1
      ? `The configuration cannot be used. ${lines[0]}`
      : `The configuration ${file} cannot be used; ${lines.length} problems:\n${lines.map((line) => `  - ${line}`).join('\n')}`
  const error = new HatcheryError(ERROR_CODES.INVALID_CONFIG, message, undefined, { cause })
  Object.defineProperty(error, 'problems', { value: Object.freeze(sorted), enumerable: true })
  return error as ConfigError
}

/** `pool.json:3:18`, or the name of the variable. */
export function showSource(source: ValueSource): string {
  if (source.kind === 'file') return source.line === 0 ? source.file : `${source.file}:${source.line}:${source.column}`
  if (source.kind === 'environment') return source.flag ?? `environment variable ${source.variable}`
  return 'default'
}

/** Line and column, from 1, of an offset in a text. */
export function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  return { line, column: offset - before.lastIndexOf('\n') }
}

function placeOf(source: ValueSource): number {
  return source.kind === 'file' ? source.line * 1e6 + source.column : Number.MAX_SAFE_INTEGER
}

function describe({ path, message, source }: ConfigProblem, text: string): string {
  const where = path === '' ? showSource(source) : `${showSource(source)}: ${path}`
  return `${where}: ${message}${source.kind === 'file' ? excerpt(text, source) : ''}`
}

/** The line, and a caret below the place. */
function excerpt(text: string, { line, column }: { line: number; column: number }): string {
  const content = text.split('\n')[line - 1]?.replace(/\r$/, '')
  if (line === 0 || content === undefined) return ''
  // Of a very long line the part around the place.
  const from = Math.max(0, column - 60)
  const shown = content.slice(from, from + 120)
  const blank = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ')
  return `\n      ${shown}\n      ${blank}^`
}
