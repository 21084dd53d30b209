/** The wall clock is set, far ahead and far back, while tasks run, wait and are retried. */
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach } from '../helpers/pool.js'
import { Shim } from '../helpers/shim.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/clock-host.js', import.meta.url))

testEach('no limit comes earlier or later for it', async (t, startMethod) => {
  for (const days of [40, -40]) {
    using shim = new Shim()
    const { stdout, stderr } = spawnSync(process.execPath, [script, startMethod, String(days)], {
      env: shim.environment(),
      encoding: 'utf8',
    })
    t.is(stderr, '')
    t.deepEqual(JSON.parse(stdout), {
      days: [days, days],
      ends: ['ERR_HATCHERY_TASK_TIMEOUT', 'patient', 'ERR_HATCHERY_QUEUE_TIMEOUT', 2, 'later', 'done'],
      quick: true,
      // The one that left; the one that spun was killed for it.
      crashed: 1,
    })
  }
})
