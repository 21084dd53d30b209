/** Workerpool, whose workers are child processes or worker threads; one task at a time each, with no setting for more. */
import { createRequire } from 'node:module'
import { type Peer, workerFile } from '../harness/adapter.js'

interface WorkerpoolPool {
  exec(name: string, parameters: unknown[]): PromiseLike<unknown>
  terminate(): PromiseLike<unknown>
}
interface Workerpool {
  pool(script: string, options: Record<string, unknown>): WorkerpoolPool
}

function workerpool(kind: 'process' | 'thread'): Peer {
  return {
    name: `workerpool ${kind}`,
    kind,
    role: 'pool',
    package: 'workerpool',
    async load() {
      const library = createRequire(import.meta.url)('workerpool') as Workerpool
      return ({ workers, binary }) => {
        const pool = library.pool(workerFile('workerpool.js'), {
          workerType: kind,
          minWorkers: workers,
          maxWorkers: workers,
          ...(binary && { forkOpts: { serialization: 'advanced' } }),
        })
        return {
          echo: async (payload) => await pool.exec('echo', [payload]),
          hold: async (milliseconds) => await pool.exec('hold', [milliseconds]),
          close: async () => await pool.terminate(),
        }
      }
    },
  }
}

export const workerpoolProcess = workerpool('process')
export const workerpoolThread = workerpool('thread')
