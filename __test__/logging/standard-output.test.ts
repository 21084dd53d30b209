/** Standard output that cannot be written for a while. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { Folder } from '../helpers/daemon.js'
import { testOnce } from '../helpers/pool.js'

const PROGRAM = `
import { truncateSync } from 'node:fs'
import { createLogger } from 'hatchery/logging'
const logger = createLogger()
for (let line = 0; line < 5000; line++) logger.info({ line, filling: 'x'.repeat(80) }, 'full')
truncateSync(process.env.OUT)
logger.info('again')
logger.info('and again')
`

testOnce('it costs entries and two lines on standard error, and nothing is torn', (t) => {
  using folder = new Folder()
  const out = folder.file('out')
  // No file may become larger than 512 KiB (1024 times 512 bytes).
  const command = 'ulimit -f 1024 && exec "$0" --input-type=module -e "$PROGRAM" >> "$OUT"'
  const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath], {
    env: { ...process.env, PROGRAM, OUT: out },
    encoding: 'utf8',
  })
  t.is(status, 0, stderr)
  const [broken, mended, ...more] = stderr.trimEnd().split('\n')
  t.regex(broken!, /^hatchery: standard output cannot be written: EFBIG/)
  const lost = Number(/^hatchery: standard output is written again; (\d+) entries are lost$/.exec(mended!)?.[1])
  t.true(lost > 0, mended)
  t.is(more.length, 0)
  const [, ...lines] = readFileSync(out, 'utf8').trimEnd().split('\n')
  const entries = lines.map((line) => JSON.parse(line).msg)
  t.deepEqual(entries.slice(-2), ['again', 'and again'])
})
