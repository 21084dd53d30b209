/** A daemon as process 1: what tasks have left behind is its to reap. */
import process from 'node:process'
import { Daemon } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { namespace, testInNamespace } from '../helpers/needs.js'
import { descendants } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const program = ['unshare', ...namespace('pid'), process.execPath]

testInNamespace(
  'pid',
  'a program that has outlived its worker is reaped, and the pool’s own ends are its own',
  async (t) => {
    await using daemon = await Daemon.start([], { program })
    const init = descendants(daemon.process.pid).find(({ parent }) => parent === daemon.process.pid)!
    const children = () => descendants(init.pid).filter(({ parent }) => parent === init.pid)
    const [zygote] = children()
    await t.throwsAsync(daemon.client.run('abandon'), { code: 'ERR_HATCHERY_WORKER_SIGNALLED' })
    await until(() => children().some(({ state }) => state === 'Z'), 20_000, 'it has come to the daemon, and ended')
    await until(() => children().length === 1, 20_000, 'it is reaped')
    t.deepEqual(
      children().map(({ pid }) => pid),
      [zygote!.pid],
    )
    t.is(await daemon.client.tasks()['add']!(2, 3), 5)
    process.kill(init.pid, 'SIGTERM')
    t.is(await daemon.ended, 0)
  },
)
