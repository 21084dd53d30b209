import { cpus } from 'node:os'
import { ERROR_CODES } from '../../../errors/index.js'
import { Pool } from '../../../host/index.js'
import { duration } from '../../terminal/units.js'
import type { Check } from '../check.js'

const TASKS = new URL('../tasks.js', import.meta.url)
/** Far more than a start takes. */
const LIMIT = 20_000

/** Starts a pool by each method, and runs a task in it. */
export async function poolChecks(): Promise<Check[]> {
  const fork = await start('fork')
  const spawn = await start('spawn')
  const bad = 'error' in spawn && 'error' in fork ? 'missing' : 'degraded'
  return [
    {
      id: 'fork',
      area: 'pool',
      title: 'Workers by fork',
      ...statusOf(fork, bad),
      means: 'Forked from a zygote, workers start in milliseconds and share memory. Without it they are spawned.',
      ...('error' in fork && { change: adviceFor(fork.error) }),
    },
    {
      id: 'spawn',
      area: 'pool',
      title: 'Workers by spawn',
      ...statusOf(spawn, bad),
      means: 'Each a fresh Node: the other way, where preloaded modules cannot be forked.',
      ...('error' in spawn && { change: adviceFor(spawn.error) }),
    },
  ]
}

type Started = { readonly took: number } | { readonly error: { readonly code?: unknown; readonly message: string } }

async function start(startMethod: 'fork' | 'spawn'): Promise<Started> {
  const begin = performance.now()
  const options = { filename: TASKS, startMethod, minWorkers: 1, maxWorkers: 1, startTimeout: LIMIT } as const
  let pool: Pool | undefined
  try {
    pool = new Pool({ ...options, handleSignals: false })
    pool.on('warning', () => {})
    pool.on('error', () => {})
    const sum: number = await pool.run([1, 2], { name: 'add', timeout: LIMIT })
    if (sum !== 3) return { error: { message: `1 + 2 is ${sum} there` } }
    return { took: performance.now() - begin }
  } catch (error) {
    return { error: error as Error }
  } finally {
    await pool?.destroy()
  }
}

function statusOf(started: Started, bad: 'missing' | 'degraded'): Pick<Check, 'status' | 'found'> {
  if ('took' in started) return { status: 'ok', found: `works: ${duration(started.took)} to the first result` }
  return { status: bad, found: started.error.message }
}

function adviceFor({ code }: { readonly code?: unknown }): string {
  if (code === ERROR_CODES.PLATFORM_UNSUPPORTED) return 'Run it on Linux 5.4 or newer, and allow the calls named here.'
  if (code === ERROR_CODES.FORK_UNSAFE) {
    return 'Leave out what the message names (a flag of Node, a module loaded by NODE_OPTIONS), or use `startMethod: "spawn"`.'
  }
  return `Look at the message; on a very slow machine (${cpus().length} processors here) raise \`startTimeout\`.`
}
