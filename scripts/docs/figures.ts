/** What pages say of the last published benchmark: its table of figures in the comparison, and what its points are made of. */
import { readFileSync, writeFileSync } from 'node:fs'

const results = 'docs/benchmarks/results.json'
const between = /(<!-- figures.*? -->\n)[\s\S]*?(<!-- \/figures -->)/
/** By page: what stands between its marks. */
const pages: Readonly<Record<string, (results: Results) => string>> = {
  'docs/guide/comparison.md': table,
  'docs/benchmarks/README.md': points,
}

interface Results {
  environment: { date: string; node: string; cores: number }
  rounds: number
  pools: Record<string, Record<string, { median: number }>>
}

interface Column {
  readonly title: string
  readonly measure: string
  readonly show: (value: number) => string
}

const thousands = (value: number): string =>
  new Intl.NumberFormat('en').format(Math.round(value / 1000) * 1000).replaceAll(',', ' ')
const columns: readonly Column[] = [
  { title: 'tasks/s, 1000 in flight', measure: 'tasksPerSecond', show: thousands },
  { title: 'CPU s for 100 000', measure: 'cpuSecondsPer100k', show: (value) => value.toFixed(2) },
  {
    title: 'one at a time: p50, us',
    measure: 'p50',
    show: (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0)),
  },
  { title: 'p99, us', measure: 'p99', show: (value) => String(Math.round(value)) },
  { title: 'new pool to first result, ms', measure: 'startMilliseconds', show: (value) => String(Math.round(value)) },
]

function points({ rounds }: Results): string {
  return rounds === 1
    ? 'All axes are logarithmic. This run had one round (`--quick`): a point is what that round saw, a rough figure.\n'
    : `All axes are logarithmic. A point is the median of ${rounds} rounds, the thin line through it their lowest and highest.\n`
}

function table({ environment, rounds, pools }: Results): string {
  const { date, node, cores } = environment
  const rows = Object.entries(pools)
    .filter(([, figures]) => figures['tasksPerSecond'] !== undefined)
    .map(([name, figures]) => [
      name,
      ...columns.map(({ measure, show }) => (figures[measure] ? show(figures[measure].median) : '')),
    ])
  const lines = [
    ['20-byte echo, 2 workers', ...columns.map(({ title }) => title)],
    ['---', ...columns.map(() => '---')],
    ...rows,
  ]
  const about = `Run of ${date.slice(0, 10)}, Node ${node}, ${cores} cores of a shared virtual machine; all pools in the same run, ${of(rounds)}.`
  return `${about}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n`
}

function of(rounds: number): string {
  return rounds === 1 ? 'one round: rough figures' : `medians of ${rounds} rounds`
}

/** Brings the pages up to date, unless `check`; false if they were not. */
export function updateFigures(check: boolean): boolean {
  const published = JSON.parse(readFileSync(results, 'utf8')) as Results
  const changed = Object.entries(pages).filter(([page, write]) => {
    const before = readFileSync(page, 'utf8')
    const after = before.replace(between, (_, begin: string, end: string) => `${begin}\n${write(published)}${end}`)
    if (!check && after !== before) writeFileSync(page, after)
    return after !== before
  })
  return changed.length === 0
}
