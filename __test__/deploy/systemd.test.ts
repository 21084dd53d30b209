/** deploy/systemd, by systemd's own judgement. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'

const unit = 'deploy/systemd/hatchery.service'
const text = readFileSync(unit, 'utf8')
/** What a service may be exposed to at most, of 10; 9.6 is one without any directive. */
const EXPOSURE = 2

const folder = mkdtempSync(join(tmpdir(), 'hatchery-deploy-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

/** False, with a word in the log, where somebody has said that there is no systemd. */
function hasSystemd(t: ExecutionContext): boolean {
  if (process.env['HATCHERY_SKIP_SYSTEMD']) {
    t.log('HATCHERY_SKIP_SYSTEMD is set: not tested')
    t.pass()
    return false
  }
  const { error } = spawnSync('systemd-analyze', ['--version'])
  if (error === undefined) return true
  t.fail('systemd-analyze is missing: apt-get install systemd, or set HATCHERY_SKIP_SYSTEMD')
  return false
}

/** The unit, whose program is one that is here. */
function installed(): string {
  const copy = join(folder, 'hatchery.service')
  writeFileSync(copy, text.replace('/opt/app/node_modules/.bin/hatchery', process.execPath))
  return copy
}

function analyze(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

test('systemd finds no fault with the unit', (t) => {
  if (!hasSystemd(t)) return
  const { status, output } = analyze('verify', '--man=no', installed())
  t.is(status, 0, output)
  // What it does not know it only warns of.
  t.is(output.trim(), '')
})

test('the service is exposed to little', (t) => {
  if (!hasSystemd(t)) return
  const { status, output } = analyze('security', '--offline=true', `--threshold=${EXPOSURE * 10}`, installed())
  t.is(status, 0, output)
})

test('users of the unit are made as sysusers wants it', (t) => {
  if (!hasSystemd(t)) return
  const lines = join(folder, 'hatchery.conf')
  copyFileSync('deploy/systemd/hatchery.sysusers.conf', lines)
  const { status, stderr } = spawnSync('systemd-sysusers', ['--dry-run', lines], { encoding: 'utf8' })
  t.is(status, 0, stderr)
})

test('it says what the daemon relies on', (t) => {
  for (const line of [
    'Type=notify',
    'NotifyAccess=main',
    'WatchdogSec=30',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillMode=mixed',
    'OOMPolicy=continue',
    'Delegate=yes',
  ]) {
    t.regex(text, new RegExp(`^${line.replace('$', '\\$')}$`, 'm'))
  }
  t.notRegex(text, /^MemoryDenyWriteExecute=/m, 'V8 compiles')
})

test('what a pool asks of the kernel is allowed', (t) => {
  if (!hasSystemd(t)) return
  const allowed = allowedCalls()
  // Of workers of both methods, with sandbox, affinity, nice and limits, as strace has seen them.
  const needed = `memfd_create ftruncate mmap mprotect madvise mincore eventfd2 epoll_create1 epoll_ctl epoll_wait timerfd_create
    signalfd4 socketpair sendmsg recvmsg clone clone3 fork vfork execve wait4 waitid pidfd_open pidfd_send_signal kill setpgid
    prctl fcntl prlimit64 setpriority sched_setaffinity sched_yield mbind landlock_create_ruleset landlock_add_rule
    landlock_restrict_self seccomp capset chown getrandom`
  for (const name of needed.split(/\s+/)) t.true(allowed.has(name), name)
  for (const name of ['mount', 'reboot', 'init_module', 'setuid', 'chroot', 'bpf', 'swapon'])
    t.false(allowed.has(name), name)
})

/** The unit's SystemCallFilter, as systemd here reads it: names are added, and with ~ taken away again. */
function allowedCalls(): Set<string> {
  const groups = new Map<string, string[]>()
  let group: string[] = []
  for (const line of analyze('syscall-filter').output.split('\n')) {
    if (line.startsWith('@')) {
      group = []
      groups.set(line.trim(), group)
    } else if (/^ {4}[^#]/.test(line)) group.push(line.trim())
  }
  const resolve = (name: string): string[] =>
    name.startsWith('@') ? (groups.get(name) ?? []).flatMap(resolve) : [name]
  const allowed = new Set<string>()
  for (const [, without, names] of text.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const name of names!.split(' ').flatMap(resolve)) {
      if (without) allowed.delete(name)
      else allowed.add(name)
    }
  }
  return allowed
}
