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
  /** Milliseconds in which it is done no more than once. */
  readonly rest?: number
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

/** Stops a process for good: the pool is to find out. */
function frozen(weight: number): Harm {
  return { name: 'SIGSTOP to a worker, for good', weight, target: 'worker', strike: (pid) => signal(pid, 'SIGSTOP') }
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
  frozen(1),
  stopped(1, 'zygote', 50),
  // More of them in a minute than five, and the pool gives up, as it should.
  { name: 'SIGKILL to a zygote', weight: 2, rest: 15_000, target: 'zygote', strike: (pid) => signal(pid, 'SIGKILL') },
]

/** The process that is neither worker nor ours and that workers come from. */
function zygotePid(pool: Pool): number | undefined {
  const workers = new Set(pool.workers.map(({ pid }) => pid))
  return descendants().find(({ pid, parent }) => parent === process.pid && !workers.has(pid))?.pid
}

/** When a harm that must rest was done last. */
const rested = new Map<Harm, number>()

/** Strikes a process of the pool, if there is one of that kind at the moment and the harm has rested. */
export function strike(pool: Pool, harm: Harm, random: Random): boolean {
  const pids = workerPids(pool)
  // Drawn in any case, so that the numbers after this one do not hang on what there was at the moment.
  const chosen = random.next()
  const pid = harm.target === 'zygote' ? zygotePid(pool) : pids[Math.floor(chosen * pids.length)]
  if (pid === undefined || performance.now() - (rested.get(harm) ?? -Infinity) < (harm.rest ?? 0)) return false
  rested.set(harm, performance.now())
  harm.strike(pid)
  return true
}
