/** A host that is the init of a container: what has lost its parent is its to reap. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { namespace, testInNamespace } from '../helpers/needs.js'
import { descendants } from '../helpers/proc.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/init.js', import.meta.url))

testInNamespace('pid', 'it reaps the workers that have lost their zygote, and ends by its signal', async (t) => {
  const command = [...namespace('pid'), process.execPath, script]
  const container = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text] = await once(container.stdout!, 'data')
  t.deepEqual(JSON.parse(String(text)), { pid: 1, signal: 'SIGKILL' })
  const init = descendants(container.pid).find(({ parent }) => parent === container.pid)!
  process.kill(init.pid, 'SIGTERM')
  await once(container, 'exit')
  // The kernel does not end an init by a signal.
  t.is(container.exitCode, 128 + 15)
})
