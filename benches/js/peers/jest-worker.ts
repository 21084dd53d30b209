/** Jest's worker farm, whose workers are child processes or worker threads; one task at a time each. */
import { createRequire } from 'node:module'
import { type Peer, workerFile } from '../harness/adapter.js'

interface JestFarm {
  echo(payload: unknown): Promise<unknown>
  hold(milliseconds: number): Promise<number>
  end(): Promise<unknown>
}
type JestFarmClass = new (file: string, options: Record<string, unknown>) => JestFarm

function jestWorker(kind: 'process' | 'thread'): Peer {
  return {
    name: `jest-worker ${kind}`,
    kind,
    role: 'pool',
    package: 'jest-worker',
    async load() {
      const { Worker } = createRequire(import.meta.url)('jest-worker') as { Worker: JestFarmClass }
      return ({ workers }) => {
        const farm = new Worker(workerFile('echo.js'), {
          numWorkers: workers,
          enableWorkerThreads: kind === 'thread',
          exposedMethods: ['echo', 'hold'],
        })
        return {
          echo: (payload) => farm.echo(payload),
          hold: (milliseconds) => farm.hold(milliseconds),
          close: () => farm.end(),
        }
      }
    },
  }
}

export const jestWorkerProcess = jestWorker('process')
export const jestWorkerThread = jestWorker('thread')
