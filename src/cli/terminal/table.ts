import { widthOf } from './width.js'

/** A column of a table. */
export interface Column {
  readonly title: string
  readonly side?: 'left' | 'right'
}

/** Lines of a table, each column as wide as it has to be. Cells may have colours, and are not cut. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    columns
      .map(({ side }, index) => pad(cells[index] ?? '', widths[index]!, side))
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...rows.map(line)]
}

/** A paragraph in lines of at most so many columns, words whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}

function pad(text: string, columns: number, side: Column['side']): string {
  const width = widthOf(text)
  if (width >= columns) return text
  const blank = ' '.repeat(columns - width)
  return side === 'right' ? blank + text : text + blank
}
