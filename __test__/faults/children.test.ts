/** Programs that tasks have started: their fate when the worker ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'
import { isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/children.js', import.meta.url)

function start(pool: Pool, detached = false): Promise<number> {
  return pool.run(detached, { name: 'start' })
}

testEach('they go with the worker, however it ends; those in sessions of their own stay', async (t, startMethod) => {
  await withPool({ filename, startMethod, maxWorkers: 1, killGrace: 10, stdio: 'ignore' }, async (pool) => {
    const gone = async (child: number, how: string) => {
      await until(() => !isAlive(child), 10_000, `a program is gone with its worker, which ${how}`)
      t.pass()
    }
    const killed = await start(pool)
    t.true(isAlive(killed))
    t.is((await rejection(pool.run(undefined, { name: 'spin', timeout: 20 }))).code, 'ERR_HATCHERY_TASK_TIMEOUT')
    await gone(killed, 'was killed')

    const left = await start(pool)
    const detached = await start(pool, true)
    t.is((await rejection(pool.run(undefined, { name: 'exit' }))).exitCode, 3)
    await gone(left, 'left')
    t.true(isAlive(detached), 'it has left the group')
    process.kill(detached)

    const closed = await start(pool)
    await pool.close()
    await gone(closed, 'was closed down')
  })
})

testEach('they go with the host, even if that is killed', async (t, startMethod) => {
  const script = fileURLToPath(new URL('./fixtures/children-host.js', import.meta.url))
  const host = spawn(process.execPath, [script, startMethod], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [text] = await once(host.stdout!, 'data')
  const child = Number(text)
  t.true(isAlive(child))
  host.kill('SIGKILL')
  await until(() => !isAlive(child), 10_000, 'the program is gone')
})
