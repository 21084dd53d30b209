import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { check, note } from '../report.js'
import { call, dropIn, journal, property, run } from '../service.js'

/** What the guide says of systemd: the first block that enables the service. */
function guide(): string {
  const blocks = readFileSync('/root/deployment.md', 'utf8').matchAll(/^```sh\n(.*?)^```/gms)
  return [...blocks].map(([, text]) => text!).find((text) => text.includes('systemctl enable'))!
}

check('installed as the guide says it starts, and tasks can be run when systemctl returns', async () => {
  dropIn({})
  run('bash', '-euc', guide())
  assert.equal(property('ActiveState'), 'active')
  assert.equal(await call('sum', 10), 45)
  note(`status: ${property('StatusText')}`)
  assert.match(property('StatusText'), /^2 workers, /)
})

check('it counts as started when a worker is ready, and not before', () => {
  const ready = journal().find(({ MESSAGE }) => MESSAGE.includes('a worker is ready'))!
  // All in microseconds of the monotonic clock. The time is that of the entry, and not of its way into the journal.
  const clocks = Date.now() * 1000 - Number(process.hrtime.bigint() / 1000n)
  const written = Date.parse(JSON.parse(ready.MESSAGE).time) * 1000 - clocks
  const started = Number(property('ActiveEnterTimestampMonotonic'))
  // Of entries the time is in milliseconds.
  assert.ok(started > written - 2000, `${started} against ${written}`)
  const begun = Number(property('InactiveExitTimestampMonotonic'))
  note(`${((started - begun) / 1e6).toFixed(1)} s until READY`)
})

check('its processes: host, zygote, two workers', () => {
  const lines = run('systemctl', 'status', '--no-pager', '--full', 'hatchery').split('\n')
  const group = lines.filter((line) => /[├└]─\d+ /.test(line))
  note(group.map((line) => line.trim()).join('\n'))
  assert.equal(group.length, 4)
})
