/** The demo, short: the same code as `npm run demo` on a part of the files. */
import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)

test('transpiles files through the pool, loses nothing to a kill, and measures', async (t) => {
  t.timeout(300_000)
  // Rejects unless the exit code is 0, which takes equal results and a reported death of the killed worker.
  const { stdout } = await run(process.execPath, ['scripts/run.mjs', 'demo', '--limit', '150', '--json'], {
    cwd: process.cwd(),
    maxBuffer: 2 ** 24,
  })
  const report = JSON.parse(stdout)
  t.is(report.files.used, 150)
  t.true(report.files.found > 1000)
  t.deepEqual(report.differences, [])
  t.is(report.pool.startMethod, 'fork')
  t.true(report.pool.killed > 0)
  t.true(report.pool.deathSeen)
  t.is(typeof report.pool.replacement, 'number')
  t.true(report.pool.filesPerSecond > 0)
  for (const method of ['fork', 'spawn']) {
    t.true(report.costs[method].startMilliseconds > 0, method)
    t.true(report.costs[method].pssBytes > 2 ** 20, method)
  }
  t.true(report.costs.fork.pssBytes < report.costs.spawn.pssBytes)
  t.true(report.costs.fork.startMilliseconds < report.costs.spawn.startMilliseconds)
})
