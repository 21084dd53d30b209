/** Hatchery itself, with both of its start methods. */
import type { Peer } from '../harness/adapter.js'
import { workerFile } from '../harness/adapter.js'

/** What is measured as soon as the pool has it. */
interface Later {
  runSync?(task: unknown, options: { name: string }): unknown
}

function hatchery(startMethod: 'fork' | 'spawn', extras?: Partial<Peer>): Peer {
  return {
    name: `hatchery ${startMethod}`,
    kind: 'process',
    role: 'own',
    elastic: true,
    ...extras,
    async load() {
      const { Pool } = await import('hatchery')
      return ({ workers, preload, elastic, spares, recordTiming }) => {
        const pool = new Pool({
          filename: workerFile('echo.js'),
          minWorkers: elastic ? 1 : workers,
          maxWorkers: workers,
          startMethod,
          recordTiming,
          ...(preload && { preload }),
          ...(elastic && { idleTimeout: 1 }),
          ...(spares !== undefined && { spares, maxRestarts: 1000 }),
        })
        const later = pool as Later
        return {
          echo: (payload) => pool.run(payload, { name: 'echo' }),
          ...(typeof later.runSync === 'function' && {
            echoSync: (payload) => later.runSync!(payload, { name: 'echo' }),
          }),
          alloc: (bytes) => pool.alloc(bytes),
          hold: (milliseconds) => pool.run(milliseconds, { name: 'hold' }),
          crash: () => pool.run(null, { name: 'die' }).catch(() => undefined),
          close: () => pool.close(),
          workerPids: () => (pool.stats().workers ?? []).map((worker) => worker.pid),
        }
      }
    },
  }
}

export const hatcheryFork = hatchery('fork', { curve: true, crashes: true })
export const hatcherySpawn = hatchery('spawn')
