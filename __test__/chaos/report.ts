/** A chaos run as tables, in Markdown. */
import type { ChaosReport } from './run.js'

const number = new Intl.NumberFormat('en')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length)))
  const line = (row: readonly string[]) => {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
    )
    return `| ${cells.join(' | ')} |`
  }
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** The run, its tasks, its harms and its verdict. */
export function describe(report: ChaosReport): string {
  const { options, seconds, tallies } = report
  const submitted = [...tallies.values()].reduce((sum, tally) => sum + tally.submitted, 0)
  const run = table(
    ['run', ''],
    [
      ['start method', options.startMethod],
      ['seed', String(options.seed)],
      ['workers', String(options.workers)],
      ['concurrency', String(options.concurrency)],
      ['seconds', seconds.toFixed(1)],
      ['tasks', number.format(submitted)],
      ['tasks a second', number.format(Math.round(submitted / seconds))],
      ['workers that died', number.format(report.deaths)],
      ['workers started', number.format(report.workersStarted)],
      // A worker that writes into its lane may claim any task that lies there.
      ['tasks that died with a worker and had not begun', number.format(report.unbegun)],
    ],
  )
  const kinds = [...tallies].sort(([, left], [, right]) => right.submitted - left.submitted)
  const tasks = table(
    ['tasks', 'submitted', 'fulfilled', 'rejected'],
    kinds.map(([name, tally]) => [
      name,
      number.format(tally.submitted),
      number.format(tally.fulfilled),
      number.format([...tally.rejected.values()].reduce((sum, count) => sum + count, 0)),
    ]),
  )
  const codes = new Map<string, number>()
  for (const { rejected } of tallies.values())
    for (const [code, count] of rejected) codes.set(code, (codes.get(code) ?? 0) + count)
  const reasons = table(
    ['rejected with', 'tasks'],
    [...codes].sort(([, left], [, right]) => right - left).map(([code, count]) => [code, number.format(count)]),
  )
  const harms = table(
    ['harm from outside', 'times'],
    [...report.harms].sort(([, left], [, right]) => right - left).map(([name, count]) => [name, number.format(count)]),
  )
  const verdict =
    report.complaints.length === 0
      ? [
          'Every promise was settled, and once. No task ran more often than its retries allow, and none without any ran',
          'twice. Every task with a result had run. No process, descriptor, memfd or mapping was left.',
        ].join('\n')
      : ['What went wrong:', ...report.complaints.map((complaint) => `- ${complaint}`)].join('\n')
  return [run, tasks, reasons, harms, verdict].join('\n\n')
}
