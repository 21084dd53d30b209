/** Piscina, worker threads; as it comes, and with many tasks at a time in a worker. */
import { createRequire } from 'node:module'
import { type Peer, workerFile } from '../harness/adapter.js'

interface PiscinaPool {
  run(task: unknown): Promise<unknown>
  destroy(): Promise<void>
}
type PiscinaClass = new (options: Record<string, unknown>) => PiscinaPool

function piscina(name: string, tuning: Record<string, unknown>, extras?: Partial<Peer>): Peer {
  return {
    name,
    kind: 'thread',
    role: 'pool',
    package: 'piscina',
    ...extras,
    async load() {
      const { Piscina } = createRequire(import.meta.url)('piscina') as { Piscina: PiscinaClass }
      return ({ workers }) => {
        const pool = new Piscina({
          filename: workerFile('echo.js'),
          minThreads: workers,
          maxThreads: workers,
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

export const piscinaDefault = piscina('piscina', {})
export const piscinaTuned = piscina(
  'piscina tuned',
  { concurrentTasksPerWorker: 500, atomics: 'async' },
  { settings: 'concurrentTasksPerWorker 500, atomics async', curve: true },
)
