import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import process from 'node:process'
import { check, note } from '../report.js'
import { call, processes, property, restart, run, SOCKET, systemctl, until, withClient } from '../service.js'

check('nothing of it is root, or can become it', () => {
  const found = processes()
  assert.ok(found.length >= 4)
  for (const pid of found) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)![1]!
    assert.ok(!field('Uid').split('\t').includes('0'), `user of ${pid}`)
    assert.ok(!field('Gid').split('\t').includes('0'), `group of ${pid}`)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set)
    assert.equal(field('NoNewPrivs'), '1')
    assert.equal(field('Seccomp'), '2')
  }
})

for (const startMethod of ['fork', 'spawn']) {
  check(
    `tasks may do what tasks do: compile, map, start threads and programs, talk, crash (${startMethod})`,
    async () => {
      if (startMethod === 'spawn') restart({ start_method: startMethod })
      const stats = (await withClient((client) => client.stats())) as { startMethod: string }
      assert.equal(stats.startMethod, startMethod)
      assert.equal(await call('sum', 1_000_000), 1783293664)
      assert.equal(await call('webAssembly'), 42)
      assert.equal(await call('thread'), 1)
      assert.equal(await call('execute', 'id', '-un'), 'hatchery')
      assert.equal(await call('network'), 'hello')
      assert.match(await call('taskId'), /./, 'hatchery/worker is found')
      // More than a lane holds: it goes through shared memory.
      const bytes = randomBytes(4 * 2 ** 20)
      assert.equal(await call('digest', bytes), createHash('sha256').update(bytes).digest('hex'))
      await assert.rejects(call('crash'), { code: 'ERR_HATCHERY_WORKER_SIGNALLED' })
      assert.equal(await call('sum', 10), 45)
      assert.equal(property('NRestarts'), '0')
    },
  )
}

check('tasks write where the unit lets them, and read what they must', async () => {
  const folders = ['/tmp', '/var/tmp', '/run/hatchery', '/var/lib/hatchery', '/var/log/hatchery', '/dev/shm']
  const others = ['/', '/opt/app', '/etc', '/etc/hatchery', '/usr', '/run', '/root', '/home', '/boot', '/dev']
  const found = await call<Record<string, string>>('writable', ...folders, ...others)
  note(
    Object.entries(found)
      .map(([path, how]) => `${path}: ${how}`)
      .join(', '),
  )
  for (const path of folders) assert.equal(found[path], 'ok', path)
  for (const path of others) assert.notEqual(found[path], 'ok', path)
  assert.equal(await call('readable', '/proc/meminfo'), 'ok')
  assert.equal(await call('readable', '/etc/shadow'), 'EACCES')
  assert.equal(await call('readable', '/dev/vda'), 'ENOENT', 'no devices')
  assert.equal(await call('peek', process.pid), 'ENOENT', 'nor processes of others')
  assert.deepEqual(
    run('ls', '/tmp')
      .split('\n')
      .filter((name) => name === 'probe'),
    [],
  )
})

check('the socket is for its group, and nobody else', async () => {
  const { mode, uid, gid } = statSync(SOCKET)
  assert.equal((mode & 0o777).toString(8), '660')
  assert.equal(`${uid} ${gid}`, run('sh', '-c', 'echo $(id -u hatchery) $(id -g hatchery)'))
  const request = ['curl', '-s', '--unix-socket', SOCKET, 'http://d/v1/stats']
  const as = (groups: string) =>
    spawnSync('setpriv', ['--reuid=nobody', '--regid=nogroup', groups, ...request], { encoding: 'utf8' })
  assert.equal(as('--clear-groups').status, 7, 'curl could not connect')
  assert.match(as('--groups=hatchery').stdout, /"maxWorkers"/)
})

check('no call that a worker needs is refused: with each refusal deadly it works as well', async () => {
  const { dropIn } = await import('../service.js')
  dropIn({ SystemCallErrorNumber: 'kill' })
  for (const startMethod of ['fork', 'spawn']) {
    restart({ start_method: startMethod, affinity: 'spread', nice: 1 })
    assert.equal(await call('sum', 1_000), 499500)
    assert.equal(await call('webAssembly'), 42)
    assert.equal(await call('thread'), 1)
    assert.equal(await call('execute', 'true'), '')
    assert.equal(await call('network'), 'hello')
    await assert.rejects(call('crash'), { code: 'ERR_HATCHERY_WORKER_SIGNALLED', signal: 'SIGSEGV' })
    await call('say', 'hello')
    systemctl('kill', '--kill-whom=main', '--signal=USR2', 'hatchery')
    await until('the workers are rolled', async () => (await call('sum', 10)) === 45)
    assert.equal(property('NRestarts'), '0')
  }
  dropIn({})
})

check('systemd-analyze security', () => {
  const text = run('systemd-analyze', 'security', '--no-pager', 'hatchery')
  note(text.split('\n').at(-1)!)
  const exposure = Number(/: (\d+\.\d+) /.exec(text.split('\n').at(-1)!)![1])
  assert.ok(exposure <= 2)
})
