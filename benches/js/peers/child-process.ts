/** `child_process.fork` with nothing on top: what a plain process a worker costs, for the figures that compare with it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type OpenPool, type Peer, workerFile } from '../harness/adapter.js'

const start = (): ChildProcess => fork(workerFile('child-process.js'))

async function ask(child: ChildProcess, message: unknown): Promise<unknown> {
  child.send(message as object)
  const [answer] = (await once(child, 'message')) as [unknown]
  return answer
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Each task in a process started for it. */
const freshEachTime: OpenPool = {
  async echo(payload) {
    const child = start()
    const answer = await ask(child, payload)
    // Not waited for, as an elastic pool does not wait for the worker it lets go.
    void end(child)
    return answer
  },
  hold: (milliseconds) => sleep(milliseconds),
  close: () => Promise.resolve(),
}

function fixed(workers: number): OpenPool {
  const children = Array.from({ length: workers }, start)
  let turn = 0
  const next = (): ChildProcess => children[turn++ % children.length]!
  return {
    echo: (payload) => ask(next(), payload),
    hold: (milliseconds) => ask(next(), milliseconds),
    close: () => Promise.all(children.map(end)),
  }
}

export const childProcessFork: Peer = {
  name: 'child_process.fork',
  kind: 'process',
  role: 'baseline',
  elastic: true,
  load: () => Promise.resolve(({ workers, elastic }) => (elastic ? freshEachTime : fixed(workers))),
}
