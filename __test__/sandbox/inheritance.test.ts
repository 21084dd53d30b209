/** Nothing of the host's is in a worker beyond what was asked for. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach } from '../helpers/pool.js'
import type { Inheritance } from './fixtures/inheritance.js'

watchForLeaks()

const host = fileURLToPath(new URL('./fixtures/inheritance-host.js', import.meta.url))

/** What Node and a worker have of their own. */
const OWN =
  /^(?:\/memfd:hatchery-lane.*|anon_inode:\[(?:eventfd|eventpoll|io_uring|timerfd|signalfd|pidfd)\]|socket|pipe|\/dev\/(?:null|urandom))$/

testEach('descriptors, environment, signals, working directory and umask', async (t, startMethod) => {
  // Descriptor 40 is not closed on exec, and beyond those that Node looks at when it starts.
  const script = 'exec 40</etc/hostname; umask 027; cd /; exec "$0" "$@"'
  const { status, stdout, stderr } = spawnSync('/bin/bash', ['-c', script, process.execPath, host, startMethod], {
    encoding: 'utf8',
    timeout: 25_000,
  })
  t.is(status, 0, stderr)
  const found = JSON.parse(stdout) as Inheritance & { own: number }
  t.is(found.own, 1)
  t.deepEqual(
    found.descriptors.filter((descriptor) => !OWN.test(descriptor)),
    [],
  )
  // Its end of the control socket; libuv and the C library may have one each, the host's server none.
  t.true(found.descriptors.filter((descriptor) => descriptor === 'socket').length <= 2, found.descriptors.join())
  t.deepEqual(found.environment, { ONLY: 'this' })
  t.is(found.blocked, '0000000000000000')
  // Node ignores SIGPIPE, a worker SIGINT, and 32 and 33 are the C library's own, which it ignores in what it starts; the
  // rest is what the tests were started with.
  const ignored = (text: string) =>
    [2, 13, 32, 33].reduce((bits, own) => bits & ~(1n << BigInt(own - 1)), BigInt(`0x${text}`))
  const own = /^SigIgn:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  t.is(ignored(found.ignored) & ~ignored(own), 0n, found.ignored)
  t.is(found.directory, '/')
  t.is(found.mask, 0o027)
})
