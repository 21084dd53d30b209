import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
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
  // Written by this program itself, which may not be able to start another one meanwhile.
  const overcommit = (mode: string) => writeFileSync('/proc/sys/vm/overcommit_memory', mode)
  writeFileSync('/proc/sys/vm/overcommit_ratio', '100')
  overcommit('2')
  note(`with 2: ${memory('CommitLimit')}, ${memory('Committed_AS')}`)
  const started = systemctlLater('start', 'hatchery')
  try {
    const failed = await until('memory is refused', () => {
      try {
        return journal().find(({ MESSAGE }) => /Cannot allocate memory|status=7\/BUS/.test(MESSAGE))
      } catch {
        return undefined
      }
    })
    note(failed.MESSAGE)
  } finally {
    overcommit('0')
    systemctl('stop', 'hatchery')
    await started
  }
})

const workers = async (): Promise<number> => {
  const { workers } = await withClient((client) => client.stats())
  return workers.filter(({ state }) => state === 'running').length
}

const memory = (name: string): string =>
  new RegExp(`^${name}:.*$`, 'm').exec(read('/proc/meminfo'))![0].replace(/ +/, ' ')
