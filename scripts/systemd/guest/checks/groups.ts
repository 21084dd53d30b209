import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { check, note } from '../report.js'
import { call, dropIn, journal, property, restart, systemctl, until, version } from '../service.js'

const MEBIBYTE = 2 ** 20
const cgroup = { memory_max: '192MiB', pids_max: 40 }
const folder = () => join('/sys/fs/cgroup', property('ControlGroup'))
const leaves = () => readdirSync(folder()).filter((name) => name.startsWith('hatchery-'))

if (version >= 254) {
  check('each worker has a group below that of the unit, with its limits', async () => {
    dropIn({}, 'subgroup.conf')
    restart({ cgroup, max_workers: 2 })
    assert.match(await call('group'), /^\/system\.slice\/hatchery\.service\/hatchery-\d+-[0-9a-f]+-w\d+$/)
    assert.equal(readFileSync(join(folder(), 'main', 'cgroup.procs'), 'utf8').includes(property('MainPID')), true)
    const found = leaves()
    assert.equal(found.length, 2)
    for (const name of found) {
      const read = (file: string) => readFileSync(join(folder(), name, file), 'utf8').trim()
      assert.equal(read('memory.max'), String(192 * MEBIBYTE))
      assert.equal(read('pids.max'), '40')
    }
    note(
      readdirSync(folder())
        .filter((name) => !name.includes('.'))
        .join(' '),
    )
  })

  check('the kernel ends the worker that takes too much memory, and nothing else', async () => {
    const pid = property('MainPID')
    await assert.rejects(call('eat'), { code: 'ERR_HATCHERY_WORKER_OUT_OF_MEMORY' })
    assert.equal(await call('sum', 10), 45)
    assert.equal(property('ActiveState'), 'active')
    assert.equal(property('MainPID'), pid)
    const killed = journal().filter(({ MESSAGE }) => /OOM|oom/.test(MESSAGE))
    note(killed.map(({ MESSAGE }) => MESSAGE).join('\n'))
    await until('the group of the dead is gone', () => leaves().length <= 2)
  })

  check('and lets none start more processes than it may', async () => {
    assert.equal(await call('breed'), 'EAGAIN')
    assert.equal(await call('sum', 10), 45)
  })

  check('all groups go with the service', () => {
    const path = folder()
    systemctl('stop', 'hatchery')
    assert.ok(!existsSync(path))
    dropIn({})
  })
} else {
  check('without subgroups of systemd, groups for workers are refused at the start', () => {
    dropIn({ Restart: 'no' })
    assert.throws(() => restart({ cgroup }))
    const why = journal().find(({ MESSAGE }) => MESSAGE.includes('the option cgroup cannot be had'))
    assert.ok(why)
    note(why.MESSAGE)
    dropIn({})
  })
}
