import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { check, note } from '../report.js'
import { call, journal, restart, until } from '../service.js'

/** By pino's level what syslog calls it. */
const PRIORITIES: Readonly<Record<number, string>> = { 10: '7', 20: '7', 30: '6', 40: '4', 50: '3', 60: '2' }

check('the journal has an entry of JSON for each event, with its priority', async () => {
  restart()
  await call('say', 'hello')
  await assert.rejects(call('crash'))
  const entries = await until('the crash is in the journal', () => {
    const own = journal().filter((entry) => entry.SYSLOG_IDENTIFIER === 'hatchery')
    return own.some(({ MESSAGE }) => MESSAGE.includes('SIGSEGV')) && own
  })
  for (const { MESSAGE, PRIORITY } of entries) {
    const { level, time, msg } = JSON.parse(MESSAGE)
    assert.ok(Number.isFinite(Date.parse(time)) && msg !== undefined, MESSAGE)
    assert.equal(PRIORITY, PRIORITIES[level], MESSAGE)
  }
  const said = entries.map(({ MESSAGE }) => JSON.parse(MESSAGE)).filter(({ msg }) => msg === 'hello')
  assert.deepEqual(said.map(({ stream }) => stream).sort(), ['stderr', 'stdout'])
  note(entries.find(({ PRIORITY }) => PRIORITY === '3')!.MESSAGE)
})

check('a log file is the service’s and not the world’s', async () => {
  const file = '/var/log/hatchery/pool.log'
  restart({}, { logging: { level: 'debug', file } })
  await until('it is written', () => readFileSync(file, 'utf8').includes('the daemon is ready'))
  assert.equal((statSync(file).mode & 0o777).toString(8), '640')
})
