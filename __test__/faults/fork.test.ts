/** The machine refuses processes for a while: the pool waits, says why, and goes on. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach } from '../helpers/pool.js'
import { Shim } from '../helpers/shim.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/fork-host.js', import.meta.url))

testEach('refused for want of memory or processes: tries again later, and nothing is lost', async (t, startMethod) => {
  using shim = new Shim()
  for (const [code, told] of [
    ['EAGAIN', /Resource temporarily unavailable/],
    ['ENOMEM', /Cannot allocate memory/],
  ] as const) {
    const { stdout, stderr } = spawnSync(process.execPath, [script, startMethod, code, '3'], {
      env: shim.environment(),
      encoding: 'utf8',
    })
    t.is(stderr, '')
    const { warnings, ...report } = JSON.parse(stdout)
    t.deepEqual(report, { refused: 3, lost: 0, paused: true, zygoteRestarts: 0 })
    t.is(warnings.length, 3)
    for (const warning of warnings) t.regex(warning, told)
  }
})
