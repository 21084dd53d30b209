/** `hatchery bench`. */
import { runProgram } from '../helpers/daemon.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testOnce } from '../helpers/pool.js'

watchForLeaks()

testOnce('figures of every kind', async (t) => {
  const { code, output } = await runProgram(['bench', '--seconds', '1', '--workers', '1', '--json'])
  t.is(code, 0)
  const { machine, figures } = JSON.parse(output)
  t.like(machine, { workers: 1, startMethod: 'fork' })
  for (const name of ['echo', 'object', 'latencyP50', 'latencyP99', 'syncP50', 'payload1MiB', 'start']) {
    const { median, least, most } = figures[name]
    t.true(least > 0 && least <= median && median <= most, name)
  }
})
