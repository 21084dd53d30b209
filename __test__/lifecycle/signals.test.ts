/** Signals that close pools: `handleSignals`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Pool } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, thrownBy } from '../helpers/pool.js'
import { descendants, isAlive } from '../helpers/proc.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const script = fileURLToPath(new URL('./fixtures/signals.js', import.meta.url))

/** A program with two pools, and what it has said. */
class Program {
  readonly host: ChildProcess
  readonly #ended: Promise<unknown>
  #text = ''

  constructor(mode: string, method: string, gate: Gate) {
    this.host = spawn(process.execPath, [script, mode, method, gate.path], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.host.stdout!.on('data', (data) => {
      this.#text += data
    })
    this.#ended = once(this.host, 'close')
  }

  get lines(): string[] {
    return this.#text.split('\n').filter((line) => line !== '')
  }

  async says(line: string): Promise<void> {
    await until(() => this.lines.includes(line), 20_000, `the program says ${line}`)
  }

  async end(): Promise<number | NodeJS.Signals | null> {
    await this.#ended
    return this.host.signalCode ?? this.host.exitCode
  }
}

testEach('a signal drains all pools, then the process ends by it', async (t, method) => {
  using gate = new Gate()
  const program = new Program('drain', method, gate)
  await program.says('up')
  const family = descendants(program.host.pid).map(({ pid }) => pid)
  program.host.kill('SIGTERM')
  // The first task is let through; the second pool's is still at its gate.
  gate.open()
  await program.says('first done')
  t.is(program.host.exitCode ?? program.host.signalCode, null)
  writeFileSync(`${gate.path}-2.out`, '')
  t.is(await program.end(), 'SIGTERM')
  t.deepEqual(program.lines, ['up', 'first done', 'second done'])
  t.deepEqual(family.filter(isAlive), [])
})

testOnce('also where the pools are of two copies of the package', async (t) => {
  using gate = new Gate()
  const program = new Program('copies', 'fork', gate)
  await program.says('up')
  program.host.kill('SIGTERM')
  gate.open()
  await program.says('first done')
  writeFileSync(`${gate.path}-2.out`, '')
  t.is(await program.end(), 'SIGTERM')
  t.deepEqual(program.lines, ['up', 'first done', 'second done'])
})

testEach('what does not end in time is cancelled, and by a second signal at once', async (t, method) => {
  for (const mode of ['limit', 'twice']) {
    using gate = new Gate()
    const program = new Program(mode, method, gate)
    await program.says('up')
    program.host.kill('SIGINT')
    if (mode === 'limit') gate.open()
    else {
      await program.says('closing')
      program.host.kill('SIGTERM')
    }
    t.is(await program.end(), 'SIGINT', 'the first one')
    t.true(program.lines.includes('second ERR_HATCHERY_POOL_CLOSED'), program.lines.join('\n'))
    t.true(program.lines.includes(mode === 'twice' ? 'first ERR_HATCHERY_POOL_CLOSED' : 'first done'))
  }
})

testOnce('who listens to the signal himself says what becomes of the process', async (t) => {
  using gate = new Gate()
  const program = new Program('listener', 'fork', gate)
  await program.says('up')
  program.host.kill('SIGTERM')
  await program.says('heard')
  gate.open()
  writeFileSync(`${gate.path}-2.out`, '')
  t.is(await program.end(), 7)
})

testOnce('nothing listens by default, nor after the end of the pool', async (t) => {
  const listeners = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGUSR2')
  const before = listeners()
  const plain = new Pool({ filename, startMethod: 'spawn', minWorkers: 0, maxWorkers: 1 })
  t.is(listeners(), before)
  await plain.close()
  const options = { filename, startMethod: 'spawn', minWorkers: 0, maxWorkers: 1, handleSignals: ['SIGUSR2'] } as const
  const pools = Array.from({ length: 12 }, () => new Pool(options))
  t.is(listeners(), before + 1, 'one for all')
  await Promise.all(pools.map((pool) => pool.close()))
  t.is(listeners(), before)
})

testOnce('what cannot be handled is refused', async (t) => {
  for (const handleSignals of ['SIGTERM', ['SIGKILL'], ['SIGNONSENSE'], 1] as unknown[]) {
    const error = thrownBy(() => new Pool({ filename, handleSignals: handleSignals as boolean }))
    t.is(error.code, 'ERR_HATCHERY_INVALID_OPTION')
  }
  const source = `import('hatchery').then(({ Pool }) => new Pool({ handleSignals: true })).catch((error) => {
    require('node:worker_threads').parentPort.postMessage(error.code)
  })`
  const thread = new Worker(source, { eval: true })
  const [code] = await once(thread, 'message')
  t.is(code, 'ERR_HATCHERY_INVALID_OPTION')
  await thread.terminate()
})
