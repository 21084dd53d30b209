/** Standard output that systemd says is its journal. */
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { Folder } from '../helpers/daemon.js'
import { testOnce } from '../helpers/pool.js'

const PROGRAM = `
import { createLogger } from 'hatchery/logging'
const logger = createLogger({ level: 'debug' })
for (const level of ['debug', 'info', 'warn', 'error', 'fatal']) logger[level]({ of: 'a test' }, level)
logger.child({ inner: true }).warn('child')
`

/** What is written to a file; `stream` becomes JOURNAL_STREAM. */
function write(stream: (device: bigint, inode: bigint) => string): string[] {
  using folder = new Folder()
  const path = folder.file('out')
  const file = openSync(path, 'w')
  const { dev, ino } = fstatSync(file, { bigint: true })
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    env: { ...process.env, JOURNAL_STREAM: stream(dev, ino) },
    stdio: ['ignore', file, 'pipe'],
    encoding: 'utf8',
  })
  closeSync(file)
  if (status !== 0) throw new Error(stderr)
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

testOnce('each entry has its priority before it', (t) => {
  const lines = write((device, inode) => `${device}:${inode}`)
  const entries = lines.map((line) => [line.slice(0, 3), JSON.parse(line.slice(3)).msg])
  t.deepEqual(entries, [
    ['<7>', 'debug'],
    ['<6>', 'info'],
    ['<4>', 'warn'],
    ['<3>', 'error'],
    ['<2>', 'fatal'],
    ['<4>', 'child'],
  ])
})

testOnce('what has been put in the journal’s place gets lines of JSON', (t) => {
  const lines = write((device, inode) => `${device}:${inode + 1n}`)
  t.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ['debug', 'info', 'warn', 'error', 'fatal', 'child'],
  )
})
