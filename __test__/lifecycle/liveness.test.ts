/** What keeps a program with a pool alive, and what does not. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach } from '../helpers/pool.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/liveness.js', import.meta.url))

const OUTPUT = {
  pending: '1,2,3\n',
  starting: 'ready\n',
  unref: '',
  'unref-close': 'closed\n',
  ref: 'still here\n',
  reload: 'reloaded\n',
} as const

testEach('a program ends once nobody waits for its pool', async (t, method) => {
  const runs = Object.entries(OUTPUT).map(async ([mode, expected]) => {
    const program = spawn(process.execPath, [script, mode, method], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await Promise.all([text(program.stdout!), once(program, 'exit')])
    t.is(said, expected, mode)
    t.is(program.exitCode, 0, mode)
  })
  await Promise.all(runs)
})
