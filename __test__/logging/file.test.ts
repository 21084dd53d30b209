import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ExecutionContext } from 'ava'
import { createLogger } from 'hatchery/logging'
import { testOnce, thrownBy } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

const run = promisify(execFile)
const writer = fileURLToPath(new URL('./fixtures/writer.js', import.meta.url))

/** A directory for one test. */
function place(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hatchery-log-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

const entriesOf = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))

testOnce('the message of a cause is said once', (t) => {
  const file = join(place(t), 'pool.log')
  const logger = createLogger({ file })
  const cause = new Error('boom', { cause: new Error('no disk') })
  logger.warn({ err: new Error('it has thrown: boom', { cause }) }, 'one that has it')
  logger.warn({ err: new Error('it has thrown', { cause }) }, 'one that has not')
  logger.warn({ err: 'a word' }, 'no error')
  const [has, hasNot, none] = entriesOf(file)
  t.is(has.err.message, 'it has thrown: boom: no disk')
  t.regex(has.err.stack, /caused by: Error: boom\n.*caused by: Error: no disk\n/s)
  t.is(hasNot.err.message, 'it has thrown: boom: no disk')
  t.is(none.err, 'a word')
})

testOnce('entries are lines of JSON, from the level on, each written at once', (t) => {
  const file = join(place(t), 'pool.log')
  const logger = createLogger({ file, name: 'images', level: 'warn' })
  logger.info('not this')
  logger.warn({ workerId: 1, err: new RangeError('too far') }, 'but this')
  const [entry, ...rest] = entriesOf(file)
  t.is(rest.length, 0)
  t.like(entry, { level: 40, name: 'images', pid: process.pid, workerId: 1, msg: 'but this' })
  t.is(entry.err.type, 'RangeError')
  t.false(Number.isNaN(Date.parse(entry.time)))
  logger.child({ pool: 'x' }).fatal('gone')
  t.like(entriesOf(file)[1], { level: 60, pool: 'x' })
})

testOnce('processes that share a file lose and tear nothing as it rotates, however they end', async (t) => {
  const folder = place(t)
  const lines = 500
  const writers = ['exit', 'throw', 'SIGKILL'].map((end) =>
    run(process.execPath, [writer, join(folder, 'pool.log'), end, String(lines)]).catch(() => {}),
  )
  await Promise.all(writers)
  const files = readdirSync(folder)
  t.true(files.length > 5)
  const seen = new Set<string>()
  for (const name of files) {
    for (const { end, line } of entriesOf(join(folder, name))) seen.add(`${end} ${line}`)
  }
  t.is(seen.size, 3 * lines)
})

testOnce('a file is opened anew when asked to, by signal, and when it was moved; bounds may change', async (t) => {
  const folder = place(t)
  const file = join(folder, 'pool.log')
  const logger = createLogger({ file, maxSize: '1k', maxFiles: 2, reopenSignal: 'SIGUSR2' })
  logger.info('first')
  renameSync(file, join(folder, 'moved'))
  process.kill(process.pid, 'SIGUSR2')
  await until(() => readdirSync(folder).includes('pool.log'), 10_000, 'the file is made anew')
  logger.info('second')
  t.is(entriesOf(file)[0].msg, 'second')
  logger.reopen()
  for (let at = 0; at < 100; at++) logger.info(`line ${at}`)
  t.deepEqual(readdirSync(folder).sort(), ['moved', 'pool.log', 'pool.log.1', 'pool.log.2'])
  logger.setRotation({ maxSize: '1MiB', maxFiles: 1 })
  for (let at = 0; at < 100; at++) logger.info(`line ${at}`)
  t.true(entriesOf(file).length >= 100)
  logger.release()
  t.is(process.listenerCount('SIGUSR2'), 0)
})

testOnce('what is wrong with it is told by the call', (t) => {
  const code = (options: object) => thrownBy(() => createLogger(options)).code
  t.is(code({ file: join(place(t), 'no', 'folder', 'pool.log') }), 'ERR_HATCHERY_LOG_FILE')
  const sized = thrownBy(() => createLogger({ maxSize: '10x' }))
  t.regex(sized.message, /'10MB' \(ten million\), '10MiB' or '10m'/)
  const wrong = [
    { level: 'loud' },
    { file: '' },
    { maxSize: '10x' },
    { maxSize: 0 },
    { maxFiles: -1 },
    { colour: true },
  ]
  for (const options of wrong) t.is(code(options), 'ERR_HATCHERY_INVALID_OPTION')
})
