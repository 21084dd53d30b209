import { type MaybeTerminal, type Style, styleOf } from '../terminal/style.js'
import { wrap } from '../terminal/table.js'
import { widthOf } from '../terminal/width.js'
import type { Check, Status } from './check.js'

const AREAS: readonly (readonly [Check['area'], string])[] = [
  ['node', 'Node'],
  ['pool', 'A pool here'],
  ['kernel', 'Kernel'],
  ['sandbox', 'For the option sandbox'],
  ['limits', 'Limits'],
]
/** Wider than this is hard to read. */
const MOST_COLUMNS = 120

/** The checks as a table, with what follows and what to change below those that are not well; with `all` below each. */
export function reportText(checks: readonly Check[], stream: MaybeTerminal, all: boolean): string {
  const style = styleOf(stream)
  const columns = Math.min(stream.columns || 100, MOST_COLUMNS)
  const title = Math.max(...checks.map((check) => widthOf(check.title)))
  const lines: string[] = []
  for (const [area, name] of AREAS) {
    const inArea = checks.filter((check) => check.area === area)
    if (inArea.length === 0) continue
    lines.push('', style.bold(name), ...inArea.flatMap((check) => checkLines(check, title, columns, style, all)))
  }
  return [...lines.slice(1), '', verdict(checks, style)].join('\n')
}

function checkLines(check: Check, title: number, columns: number, style: Style, all: boolean): string[] {
  const { status, found, means, change } = check
  const indent = title + 14
  const paragraph = (text: string) => wrap(text, Math.max(30, columns - indent))
  const [first = '', ...more] = paragraph(found)
  const below = [
    ...more,
    ...(all || status !== 'ok' ? paragraph(means).map(style.dim) : []),
    ...(change === undefined ? [] : paragraph(`→ ${change}`).map(style.cyan)),
  ]
  const state = paint(status, style)(status.padEnd(8))
  return [`  ${state}  ${check.title.padEnd(title)}  ${first}`, ...below.map((line) => ' '.repeat(indent) + line)]
}

function verdict(checks: readonly Check[], style: Style): string {
  const number = (status: Status) => checks.filter((check) => check.status === status).length
  const [missing, degraded] = [number('missing'), number('degraded')]
  if (missing > 0) return style.red(`No pool runs here: ${missing} of ${checks.length} checks show something missing.`)
  if (degraded > 0)
    return `A pool runs here; ${degraded} of ${checks.length} checks show something that could be better.`
  return style.green(`A pool runs here, and all ${checks.length} checks are well.`)
}

function paint(status: Status, style: Style): (text: string) => string {
  return { ok: style.green, degraded: style.yellow, missing: style.red }[status]
}
