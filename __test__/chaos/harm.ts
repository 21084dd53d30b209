/** What is done to workers and zygote from outside. */
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'hatchery'
import { descendants } from '../helpers/proc.js'
import { workerPids } from '../helpers/worker-pids.js'
import type { Random } from './random.js'

/** One kind of harm. */
export interface Harm {
  readonly name: string
  readonly weight: number
  /** Does it to a process. */
  readonly strike: (pid: number) => void
  readonly target: 'worker' | 'zygote'
}

/** A process that is gone by now is none to be harmed. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function killed(name: NodeJS.Signals, weight: number): Harm {
  return { name: `${name} to a worker`, weight, target: 'worker', strike: (pid) => signal(pid, name) }
}

/** Stops a process, and lets it go on after a while. */
function stopped(weight: number, target: Harm['target'], milliseconds: number): Harm {
  return {
    name: `SIGSTOP to a ${target}, ${milliseconds} ms`,
    weight,
    target,
    strike(pid) {
      signal(pid, 'SIGSTOP')
      void delay(milliseconds).then(() => signal(pid, 'SIGCONT'))
    },
  }
}

export const HARMS: readonly Harm[] = [
  killed('SIGKILL', 60),
  killed('SIGSEGV', 10),
  killed('SIGTERM', 5),
  stopped(5, 'worker', 20),
  stopped(1, 'zygote', 50),
]

/** The process that is neither worker nor ours and that workers come from. */
function zygotePid(pool: Pool): number | undefined {
  const workers = new Set(pool.workers.map(({ pid }) => pid))
  return descendants().find(({ pid, parent }) => parent === process.pid && !workers.has(pid))?.pid
}

/** Strikes a process of the pool, if there is one of that kind at the moment. */
export function strike(pool: Pool, harm: Harm, random: Random): boolean {
  const pids = workerPids(pool)
  // Drawn in any case, so that the numbers after this one do not hang on what there was at the moment.
  const chosen = random.next()
  const pid = harm.target === 'zygote' ? zygotePid(pool) : pids[Math.floor(chosen * pids.length)]
  if (pid === undefined) return false
  harm.strike(pid)
  return true
}
