/** Libraries that block on a call of a worker thread; measured beside runSync and nowhere else. */
import type { Peer } from '../harness/adapter.js'
import { workerFile } from '../harness/adapter.js'

type SyncFunction = (payload: unknown) => unknown

function syncPeer(name: string, make: () => Promise<SyncFunction>): Peer {
  return {
    name,
    kind: 'thread',
    role: 'sync',
    package: name,
    async load() {
      const echoSync = await make()
      return () => ({
        echoSync,
        echo: (payload) => Promise.resolve(echoSync(payload)),
        hold: () => Promise.reject(new Error(`${name} has no such task`)),
        close: () => Promise.resolve(),
      })
    },
  }
}

export const synckit = syncPeer('synckit', async () => {
  // A name that TypeScript does not follow: the peers are installed only when the benchmark runs.
  const library: string = 'synckit'
  const { createSyncFn } = (await import(library)) as { createSyncFn(file: string): SyncFunction }
  return createSyncFn(workerFile('synckit.js'))
})

export const makeSynchronous = syncPeer('make-synchronous', async () => {
  const library: string = 'make-synchronous'
  const { default: make } = (await import(library)) as { default(task: SyncFunction): SyncFunction }
  return make(async (payload) => payload)
})
