/** Hatchery itself, with both of its start methods. */
import type { Peer } from '../harness/adapter.js'
import { workerFile } from '../harness/adapter.js'

function hatchery(startMethod: 'fork' | 'spawn'): Peer {
  return {
    name: `hatchery ${startMethod}`,
    kind: 'process',
    elastic: true,
    async load() {
      const { Pool } = await import('hatchery')
      return ({ workers, preload, elastic }) => {
        const pool = new Pool({
          filename: workerFile('echo.js'),
          minWorkers: elastic ? 1 : workers,
          maxWorkers: workers,
          startMethod,
          preload,
          ...(elastic && { idleTimeout: 1 }),
        })
        return {
          echo: (payload) => pool.run(payload, { name: 'echo' }) as Promise<string>,
          hold: (milliseconds) => pool.run(milliseconds, { name: 'hold' }),
          close: () => pool.close(),
          workerPids: () => (pool.stats().workers ?? []).map((worker) => worker.pid),
        }
      }
    },
  }
}

export const hatcheryFork = hatchery('fork')
export const hatcherySpawn = hatchery('spawn')
