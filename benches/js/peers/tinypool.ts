/** Tinypool, whose workers are child processes or worker threads. */
import process from 'node:process'
import { type Peer, workerFile } from '../harness/adapter.js'

interface TinypoolPool {
  run(task: unknown): Promise<unknown>
  destroy(): Promise<void>
}
type TinypoolClass = new (options: Record<string, unknown>) => TinypoolPool

function tinypool(
  name: string,
  kind: 'process' | 'thread',
  tuning: Record<string, unknown>,
  extras?: Partial<Peer>,
): Peer {
  return {
    name,
    kind,
    role: 'pool',
    package: 'tinypool',
    ...extras,
    async load() {
      // A name that TypeScript does not follow: the peers are installed only when the benchmark runs.
      const library: string = 'tinypool'
      const { Tinypool } = (await import(library)) as { Tinypool: TinypoolClass }
      return ({ workers, binary }) => {
        const pool = new Tinypool({
          filename: workerFile('echo.js'),
          runtime: kind === 'process' ? 'child_process' : 'worker_threads',
          minThreads: workers,
          maxThreads: workers,
          // Its processes begin with an empty environment otherwise.
          env: process.env,
          ...(binary && { serialization: 'advanced' }),
          ...tuning,
        })
        return {
          echo: (payload) => pool.run(payload),
          hold: (milliseconds) => pool.run(milliseconds),
          close: () => pool.destroy(),
        }
      }
    },
  }
}

export const tinypoolProcess = tinypool('tinypool process', 'process', {}, { curve: true })
export const tinypoolThread = tinypool('tinypool thread', 'thread', {})
export const tinypoolThreadTuned = tinypool(
  'tinypool thread tuned',
  'thread',
  { concurrentTasksPerWorker: 500, useAtomics: false },
  { settings: 'concurrentTasksPerWorker 500, useAtomics false' },
)
export const tinypoolProcessTuned = tinypool(
  'tinypool process tuned',
  'process',
  { concurrentTasksPerWorker: 500 },
  { settings: 'concurrentTasksPerWorker 500' },
)
