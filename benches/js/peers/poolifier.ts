/** Poolifier's fixed pools: cluster (processes) and threads; without its task queue it sends every task on at once. */
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Peer, workerFile } from '../harness/adapter.js'

interface PoolifierPool {
  execute(data: unknown, name: string): Promise<unknown>
  destroy(): Promise<void>
}
type PoolifierClass = new (size: number, file: string, options?: Record<string, unknown>) => PoolifierPool
interface Poolifier {
  FixedClusterPool: PoolifierClass
  FixedThreadPool: PoolifierClass
}

const closeLimit = 3000

function poolifier(name: string, kind: 'process' | 'thread'): Peer {
  return {
    name,
    kind,
    role: 'pool',
    package: 'poolifier',
    curve: true,
    async load() {
      const { FixedClusterPool, FixedThreadPool } = createRequire(import.meta.url)('poolifier') as Poolifier
      return ({ workers, binary }) => {
        const pool =
          kind === 'process'
            ? new FixedClusterPool(workers, workerFile('poolifier-cluster.cjs'), {
                ...(binary && { settings: { serialization: 'advanced' } }),
              })
            : new FixedThreadPool(workers, workerFile('poolifier-thread.cjs'))
        return {
          echo: (payload) => pool.execute(payload, 'echo'),
          hold: (milliseconds) => pool.execute(milliseconds, 'hold'),
          // Now and then destroy() of a pool of threads stays pending with nothing left that could settle it.
          close: () => Promise.race([pool.destroy(), sleep(closeLimit)]),
        }
      }
    },
  }
}

export const poolifierCluster = poolifier('poolifier cluster', 'process')
export const poolifierThread = poolifier('poolifier thread', 'thread')
