/** Tables, curves and verdicts, as text. */
import process from 'node:process'
import type { Curve } from '../charts/curves.js'
import type { Peer } from './adapter.js'
import { environment } from './environment.js'
import type { Figure } from './figures.js'
import { threeDigits } from './format.js'
import type { Results } from './results.js'
import type { Summary } from './statistics.js'
import { type Column, type Table, tables } from './tables.js'

export function progress(done: number, total: number, what: string | undefined): void {
  if (!process.stderr.isTTY) {
    if (what !== undefined) console.error(`${done}/${total} ${what}`)
    return
  }
  process.stderr.write(what === undefined ? '\r\u001B[K' : `\r\u001B[K${done}/${total} ${what}`)
}

function printRows(rows: readonly string[][]): void {
  const widths = rows[0]!.map((_, index) => Math.max(...rows.map((row) => row[index]!.length)))
  for (const row of rows) {
    const cells = row.map((text, index) => (index === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[index]!)))
    console.log(cells.join('  ').trimEnd())
  }
}

function printTable({ columns, legend }: Table, results: Results, peers: readonly Peer[]): void {
  const used = columns.filter(({ number }) => peers.some((peer) => results.summary(peer.name, number)))
  if (used.length === 0) return
  const rows = [['', ...used.map(({ title }) => title)]]
  for (const { name } of peers) {
    const summaries = used.map(({ number }) => results.summary(name, number))
    if (summaries.every((summary) => summary === undefined)) continue
    rows.push([name, ...summaries.map((summary, index) => median(summary, used[index]!.format))])
    if (summaries.some((summary) => summary && summary.rounds > 1)) {
      rows.push(['', ...summaries.map((summary, index) => spread(summary, used[index]!.format))])
    }
  }
  console.log('')
  printRows(rows)
  console.log(`\n${legend}`)
}

export function printTables(results: Results, peers: readonly Peer[], rounds: number): void {
  const { node, cpu, cores, kernel, packages } = environment(peers)
  console.log(`\nNode ${node}, Linux ${kernel}, ${cores} cores of ${cpu}`)
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`)
  console.log(versions.join(', '))
  console.log(rounds > 1 ? 'Medians of all rounds; below each its lowest-highest.' : 'One round only: rough figures.')
  for (const table of tables) printTable(table, results, peers)
  console.log('')
  for (const { name, settings } of peers) if (settings) console.log(`${name}: ${settings}`)
}

function median(summary: Summary | undefined, format: Column['format']): string {
  return summary ? format(summary.median) : '-'
}

function spread(summary: Summary | undefined, format: Column['format']): string {
  return summary && summary.rounds > 1 ? `${format(summary.lowest)}-${format(summary.highest)}` : ''
}

export function printCurves(curves: readonly Curve[]): void {
  for (const { title, x, y, series } of curves) {
    const points = [...new Set(series.flatMap((line) => line.points.map((point) => point.x)))].sort((a, b) => a - b)
    console.log(`\n${title}\n`)
    const rows = [[x.label, ...points.map(x.format)]]
    for (const line of series) {
      const cells = points.map((at) => line.points.find((point) => point.x === at))
      rows.push([line.name, ...cells.map((point) => (point ? y.format(point.median) : '-'))])
    }
    printRows(rows)
  }
}

export function printFigures(figures: readonly Figure[]): void {
  if (figures.length === 0) return
  console.log('\nPromised figures')
  for (const { promise, measured, limit, sense, unit, rival, met } of figures) {
    const against = rival === undefined ? '' : `; ${rival}`
    console.log(
      `  ${met ? 'met    ' : 'NOT MET'}  ${promise}: ${threeDigits(measured)} ${unit} (${sense} ${threeDigits(limit)}${against})`,
    )
  }
}

export function printNotes(results: Results): void {
  for (const note of results.skipped) console.log(`  skipped  ${note}`)
  for (const failure of results.failures) console.log(`\nfailed: ${failure}`)
}
