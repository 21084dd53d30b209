/** Numbers of dead processes are given to others, which no kill of the pool's may hit. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { watchForLeaks } from '../helpers/leaks.js'
import { namespace, testInNamespace } from '../helpers/needs.js'
import { METHODS } from '../helpers/pool.js'

watchForLeaks()

const script = fileURLToPath(new URL('./fixtures/pid-reuse.js', import.meta.url))

for (const method of METHODS) {
  testInNamespace(
    'pid',
    `a stranger with the number of a dead worker or zygote is left alone (${method})`,
    async (t) => {
      // The shell is the init there, and reaps what has lost its parent.
      const command = [...namespace('pid'), '/bin/sh', '-c', '"$@"; exit $?', 'sh', process.execPath, script, method]
      const machine = spawn('unshare', command, { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      machine.stdout!.on('data', (chunk) => {
        text += String(chunk)
      })
      const [code] = await once(machine, 'close')
      t.is(code, 0)
      const { taken, told, alive, code: hostCode } = JSON.parse(text)
      t.is(hostCode, 0)
      t.true(['ERR_HATCHERY_WORKER_SIGNALLED', 'ERR_HATCHERY_TASK_TIMEOUT'].includes(told.shift()))
      t.deepEqual(told, ['done', 'done', 'closed', 'destroyed'])
      // The host's own children keep their numbers until it has reaped them.
      const [first, second] = method === 'fork' ? [[true], [false, true, true]] : [[false], [false, false]]
      t.deepEqual(taken.slice(0, 2), [first, second])
      // At least those that died while the host stood still, or whose numbers were taken afterwards.
      t.true(alive.length >= (method === 'fork' ? 4 : 2))
      t.true(alive.every(Boolean), JSON.stringify(alive))
    },
  )
}
