import assert from 'node:assert/strict'
import { check } from '../report.js'
import { call, restart } from '../service.js'

for (const startMethod of ['fork', 'spawn']) {
  check(`workers shut themselves in further: Landlock and seccomp (${startMethod})`, async () => {
    restart({
      start_method: startMethod,
      sandbox: { fs: { read: ['/opt/app'], write: ['/var/lib/hatchery'] }, net: false, exec: false, signals: false },
    })
    assert.equal(await call('sum', 10), 45)
    assert.deepEqual(await call('writable', '/var/lib/hatchery', '/var/log/hatchery', '/tmp'), {
      '/var/lib/hatchery': 'ok',
      '/var/log/hatchery': 'EACCES',
      '/tmp': 'EACCES',
    })
    await assert.rejects(call('network'), /EACCES/)
    await assert.rejects(call('execute', 'true'), /EPERM/)
  })
}
