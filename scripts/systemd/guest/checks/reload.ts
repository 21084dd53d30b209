import assert from 'node:assert/strict'
import { check, note } from '../report.js'
import {
  breakConfiguration,
  call,
  configure,
  dropIn,
  journal,
  property,
  restart,
  systemctl,
  until,
  version,
  withClient,
} from '../service.js'

const mostWorkers = async () => ((await withClient((client) => client.stats())) as any).service.maxWorkers
const readAnew = () => journal().filter(({ MESSAGE }) => MESSAGE.includes('the configuration was read anew'))

check('systemctl reload reads the configuration anew; one that is no good leaves all as it was', async () => {
  restart()
  const pid = property('MainPID')
  configure({ max_workers: 3 })
  systemctl('reload', 'hatchery')
  await until('three workers are allowed', async () => (await mostWorkers()) === 3)
  breakConfiguration()
  systemctl('reload', 'hatchery')
  const entry = await until('it says so', () => readAnew().find(({ MESSAGE }) => MESSAGE.includes('no good')))
  note(JSON.parse(entry.MESSAGE).err.message)
  assert.equal(await mostWorkers(), 3)
  assert.equal(await call('sum', 10), 45)
  assert.equal(property('ActiveState'), 'active')
  assert.equal(property('MainPID'), pid)
})

if (version >= 253) {
  check('with the drop-in reload.conf it returns when that is done', async () => {
    dropIn({}, 'reload.conf')
    restart()
    assert.equal(property('Type'), 'notify-reload')
    configure({ max_workers: 3 })
    systemctl('reload', 'hatchery')
    assert.equal(await mostWorkers(), 3)
    dropIn({})
  })
}

check('SIGUSR2 rolls the workers', async () => {
  restart({ min_workers: 1, max_workers: 1 })
  const before = await call('pid')
  systemctl('kill', '--kill-whom=main', '--signal=USR2', 'hatchery')
  await until('another worker answers', async () => (await call('pid')) !== before)
  assert.equal(property('NRestarts'), '0')
})

check('what cannot start fails and says why', () => {
  breakConfiguration()
  dropIn({ Restart: 'no' })
  assert.throws(() => systemctl('restart', 'hatchery'))
  assert.equal(property('Result'), 'exit-code')
  const why = journal().filter(({ SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === 'hatchery')
  note(why.map(({ MESSAGE }) => MESSAGE).join('\n'))
  assert.ok(why.some(({ MESSAGE }) => /pool\.json/.test(MESSAGE) && /max_workers/.test(MESSAGE)))
  dropIn({})
})
