import assert from 'node:assert/strict'
import { release } from 'node:os'
import { check, note } from '../report.js'
import { call, dropIn, journal, restart } from '../service.js'

const [major = 0, minor = 0] = release().split('.').map(Number)
/** From Linux 6.2 on it knows what `sandbox.fs` needs. */
const landlock = major > 6 || (major === 6 && minor >= 2)

if (!landlock) {
  check('where the kernel lacks Landlock, or has an old one, sandbox.fs is refused at the start', () => {
    dropIn({ Restart: 'no' })
    assert.throws(() => restart({ sandbox: { fs: 'read-only' } }))
    const why = journal().find(({ MESSAGE }) => MESSAGE.includes('ERR_HATCHERY_SANDBOX_UNSUPPORTED'))
    assert.ok(why)
    note(why.MESSAGE)
    dropIn({})
  })
}

for (const startMethod of ['fork', 'spawn']) {
  check(`workers shut themselves in further: ${landlock ? 'Landlock and ' : ''}seccomp (${startMethod})`, async () => {
    const fs = landlock && { fs: { read: ['/opt/app'], write: ['/var/lib/hatchery'] } }
    restart({ start_method: startMethod, sandbox: { ...fs, net: false, exec: false, signals: false } })
    assert.equal(await call('sum', 10), 45)
    await assert.rejects(call('network'), /EACCES/)
    await assert.rejects(call('execute', 'true'), /EPERM/)
    if (!landlock) return
    assert.deepEqual(await call('writable', '/var/lib/hatchery', '/var/log/hatchery', '/tmp'), {
      '/var/lib/hatchery': 'ok',
      '/var/log/hatchery': 'EACCES',
      '/tmp': 'EACCES',
    })
  })
}
