/**
 * `npm run chaos [-- --kills N --seed N --workers N --concurrency N --start-method fork|spawn --publish]`: the long form; see
 * docs/chaos.md, which `--publish` writes.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { describe } from './report.js'
import { runChaos } from './run.js'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() & 0xffff_ffff) },
    workers: { type: 'string', default: '4' },
    concurrency: { type: 'string', default: '1' },
    'start-method': { type: 'string', default: 'fork' },
    publish: { type: 'boolean', default: false },
  },
})

function positive(name: 'kills' | 'workers' | 'concurrency'): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} must be a positive integer`)
  return value
}

const startMethod = values['start-method']
if (startMethod !== 'fork' && startMethod !== 'spawn') throw new Error('--start-method must be fork or spawn')
process.env['HATCHERY_TEST_RUN'] ??= `chaos-${process.pid}`

const kills = positive('kills')
const report = await runChaos({
  kills,
  seed: Number(values.seed) | 0,
  workers: positive('workers'),
  concurrency: positive('concurrency'),
  startMethod,
  onRound: (deaths) => console.error(`${deaths} of ${kills}`),
})
const text = describe(report)
console.log(text)
if (values.publish) {
  const file = join('docs', 'chaos.md')
  const [head] = readFileSync(file, 'utf8').split('<!-- report -->')
  writeFileSync(file, `${head}<!-- report -->\n\n${text}\n`)
}
process.exitCode = report.complaints.length === 0 ? 0 : 1
