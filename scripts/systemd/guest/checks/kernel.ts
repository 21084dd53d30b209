import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { check, note } from '../report.js'
import { call, journal, property, restart, run, systemctl, systemctlLater, until, withClient } from '../service.js'

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
  assert.equal(await seen('1'), 'EACCES')
})

check('vm.overcommit_memory: with 2 a large zygote cannot be forked as often as with 0', async () => {
  // A zygote of 400 MiB, in a machine of three gigabytes.
  const pool = { preload: ['/opt/app/large.js'], start_method: 'fork', min_workers: 8, max_workers: 8 }
  restart(pool)
  await until('all workers are there', async () => (await workers()) === 8)
  note(`with 0: 8 workers; ${memory('Committed_AS')}, ${memory('MemAvailable')}`)
  systemctl('stop', 'hatchery')
  run('sysctl', '-q', '-w', 'vm.overcommit_memory=2', 'vm.overcommit_ratio=100')
  note(`with 2: ${memory('CommitLimit')}, ${memory('Committed_AS')}`)
  try {
    void systemctlLater('start', 'hatchery')
    const failed = await until('a fork fails', () =>
      journal().find(({ MESSAGE }) => /ENOMEM|Cannot allocate memory/.test(MESSAGE)),
    )
    note(failed.MESSAGE)
  } finally {
    run('sysctl', '-q', '-w', 'vm.overcommit_memory=0')
    systemctl('stop', 'hatchery')
  }
})

const workers = async (): Promise<number> => {
  const { workers } = await withClient((client) => client.stats())
  return workers.filter(({ state }) => state === 'running').length
}

const memory = (name: string): string =>
  new RegExp(`^${name}:.*$`, 'm').exec(read('/proc/meminfo'))![0].replace(/ +/, ' ')
