import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { check, note } from '../report.js'
import { processes, property, restart, systemctlLater, until, withClient } from '../service.js'

check('systemctl stop lets what runs end, and leaves nothing', async () => {
  restart()
  await withClient(async (client) => {
    const slow = client.run('sleep', 8_000)
    const running = async () => ((await client.stats()) as any).running === 1
    await until('it runs', running)
    const stopped = systemctlLater('stop', 'hatchery')
    await until('it is being stopped', () => property('ActiveState') === 'deactivating')
    note(`status: ${property('StatusText')}`)
    assert.equal(await slow, 'slept')
    assert.equal(await stopped, 0)
  })
  assert.equal(property('Result'), 'success')
  assert.equal(property('ExecMainStatus'), '0')
  assert.deepEqual(processes(), [])
  assert.ok(!existsSync('/run/hatchery'))
})

check('what takes longer than close_timeout is cancelled', async () => {
  restart({ close_timeout: '2s' })
  await withClient(async (client) => {
    const endless = client.run('sleep', 600_000)
    await until('it runs', async () => ((await client.stats()) as any).running === 1)
    const [outcome, status] = await Promise.all([
      endless.catch((error: { code: string }) => error.code),
      systemctlLater('stop', 'hatchery'),
    ])
    note(String(outcome))
    assert.notEqual(outcome, 'slept')
    assert.equal(status, 0)
  })
  assert.equal(property('Result'), 'success')
  assert.equal(property('ExecMainStatus'), '0')
})
