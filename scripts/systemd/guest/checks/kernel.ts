import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { check, note } from '../report.js'
import { call, dropIn, journal, property, restart, run, until, withClient } from '../service.js'

const read = (path: string) => readFileSync(path, 'utf8').trim()

check('the kernel takes every setting of sysctl.d and tmpfiles.d', () => {
  run('cp', '/root/deploy/sysctl.d/90-hatchery.conf', '/etc/sysctl.d/')
  run('cp', '/root/deploy/tmpfiles.d/hatchery.conf', '/etc/tmpfiles.d/')
  const before = read('/sys/kernel/mm/transparent_hugepage/enabled')
  const settings = [...read('/etc/sysctl.d/90-hatchery.conf').matchAll(/^([\w.]+) = (.*)$/gm)]
  assert.ok(settings.length > 3)
  const paths = settings.map(([, name]) => `/proc/sys/${name!.replaceAll('.', '/')}`)
  note(settings.map(([, name], index) => `${name} was ${read(paths[index]!)}`).join(', '))
  run('/usr/lib/systemd/systemd-sysctl')
  for (const [index, [, , value]] of settings.entries()) assert.equal(read(paths[index]!), value)
  run('systemd-tmpfiles', '--create', '/etc/tmpfiles.d/hatchery.conf')
  assert.match(read('/sys/kernel/mm/transparent_hugepage/enabled'), /\[madvise\]/)
  note(`huge pages were ${before}`)
})

check('kernel.yama.ptrace_scope: whether a worker may read the memory of another', async () => {
  restart({ min_workers: 2 })
  const host = Number(property('MainPID'))
  const seen = async (scope: string) => {
    run('sh', '-c', `echo ${scope} > /proc/sys/kernel/yama/ptrace_scope`)
    return call('peekMemory', host)
  }
  assert.equal(await seen('0'), 'ok')
  assert.equal(await seen('1'), 'EPERM')
})

check('vm.overcommit_memory: with 2 forks of a large zygote fail, with 0 they do not', async () => {
  const pool = { preload: ['/opt/app/large.js'], start_method: 'fork', min_workers: 4, max_workers: 4 }
  const setting = '/proc/sys/vm/overcommit_memory'
  restart(pool)
  await until(
    'all workers are there',
    async () => ((await withClient((client) => client.stats())) as any).workers.length === 4,
  )
  note(
    `with 0: ${/^Committed_AS:.*$/m.exec(read('/proc/meminfo'))![0]}, ${/^MemAvailable:.*$/m.exec(read('/proc/meminfo'))![0]}`,
  )
  try {
    run('sh', '-c', `echo 2 > ${setting}`)
    dropIn({ Restart: 'no' })
    assert.throws(() => restart(pool))
    const why = journal().filter(({ SYSLOG_IDENTIFIER }) => SYSLOG_IDENTIFIER === 'hatchery')
    note(`with 2: ${why.at(-1)!.MESSAGE}`)
  } finally {
    run('sh', '-c', `echo 0 > ${setting}`)
    dropIn({})
  }
})
