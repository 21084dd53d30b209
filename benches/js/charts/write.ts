/** Writes what a run found: the numbers as JSON, and beside it each curve as SVG. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Curve } from './curves.js'
import { lineChart } from './line-chart.js'

/** Where README and docs look, from the root of the repository. */
export const publishedFile = join('docs', 'benchmarks', 'results.json')

/** Gives the files written. */
export function writeCurves(folder: string, curves: readonly Curve[]): string[] {
  return curves.map((curve) => {
    const file = join(folder, `${curve.name}.svg`)
    writeFileSync(file, lineChart(curve))
    return file
  })
}

/** Gives the files written. */
export function writeReport(file: string, report: { curves: readonly Curve[] }): string[] {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
  return [file, ...writeCurves(dirname(file), report.curves)]
}
