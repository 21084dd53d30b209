/** The work through a pool, of which one worker is killed half way. */
import process from 'node:process'
import { Pool } from 'hatchery'
import type { SourceFile } from './files.js'
import type { Run } from './in-process.js'
import { Progress } from './progress.js'

export interface PoolRun extends Run {
  workers: number
  startMethod: string
  /** Process id of the worker that was killed. */
  killed: number
  /** Whether the pool reported that worker's death by SIGKILL. */
  deathSeen: boolean
  /** The worker that came in its place. */
  replacement: number | undefined
}

export async function runThroughPool(files: readonly SourceFile[], tasks: URL, workers: number): Promise<PoolRun> {
  const progress = new Progress('pool', files.length)
  const started = performance.now()
  const pool = new Pool({ filename: tasks, preload: ['typescript'], minWorkers: workers, maxWorkers: workers })
  let killed = 0
  let deathSeen = false
  let replacement: number | undefined
  pool.on('workerExited', (exit) => {
    if (exit.pid === killed && exit.signal === 'SIGKILL') deathSeen = true
  })
  pool.on('workerStarted', ({ pid }) => {
    if (killed !== 0) replacement ??= pid
  })

  // A task whose worker dies under it is run once more: so the kill loses nothing.
  const transpile = pool.tasks<typeof import('./tasks.js')>().transpile.with({ retries: 1 })
  let done = 0
  const results = await Promise.all(
    files.map(async ({ path }) => {
      const result = await transpile(path)
      progress.advance()
      if (++done === Math.ceil(files.length / 2)) killed = killWorker(pool, progress)
      return result
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const startMethod = pool.stats().startMethod ?? 'unknown'
  await pool.close()
  return { seconds, results, workers, startMethod, killed, deathSeen, replacement }
}

/** Kills the worker that has done most, so that the kill cannot hit the one that may be at the largest file. */
function killWorker(pool: Pool, progress: Progress): number {
  const [victim] = [...(pool.stats().workers ?? [])].sort((a, b) => Number(b.completed) - Number(a.completed))
  if (!victim) throw new Error('no worker is running half way through the work')
  process.kill(victim.pid, 'SIGKILL')
  progress.note(`half way: worker process ${victim.pid} killed with SIGKILL`)
  return victim.pid
}
