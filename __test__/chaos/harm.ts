/** What is done to workers, zygote and pool from outside. */
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
  /** Does it to a process; 0 for the pool itself. */
  readonly strike: (pid: number, pool: Pool) => void
  readonly target: 'worker' | 'zygote' | 'pool'
}

/** One worker more, or as few as before. */
function resize(pool: Pool): void {
  const { minWorkers, maxWorkers } = pool.options
  void pool.resize({ max: maxWorkers > minWorkers ? minWorkers : minWorkers + 1 }).catch(() => {})
}

/** New code, which is the old. It may fail, if what it starts is killed: then all is to be as before. */
function reload(pool: Pool): void {
  void pool.reload().catch(() => {})
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
  { name: 'resize', weight: 2, rest: 500, target: 'pool', strike: (_, pool) => resize(pool) },
  { name: 'reload', weight: 1, rest: 3_000, target: 'pool', strike: (_, pool) => reload(pool) },
]

/** The process that is neither worker nor ours and that workers come from. */
function zygotePid(pool: Pool): number | undefined {
  const workers = new Set(pool.workers.map(({ pid }) => pid))
  return descendants().find(({ pid, parent }) => parent === process.pid && !workers.has(pid))?.pid
}

function targetPid(pool: Pool, target: Harm['target'], worker: number | undefined): number | undefined {
  if (target === 'pool') return 0
  return target === 'zygote' ? zygotePid(pool) : worker
}

/** When a harm that must rest was done last. */
const rested = new Map<Harm, number>()

/** Strikes a process of the pool, if there is one of that kind at the moment and the harm has rested. */
export function strike(pool: Pool, harm: Harm, random: Random): boolean {
  const pids = workerPids(pool)
  // Drawn in any case, so that the numbers after this one do not hang on what there was at the moment.
  const chosen = random.next()
  const pid = targetPid(pool, harm.target, pids[Math.floor(chosen * pids.length)])
  if (pid === undefined || performance.now() - (rested.get(harm) ?? -Infinity) < (harm.rest ?? 0)) return false
  rested.set(harm, performance.now())
  harm.strike(pid, pool)
  return true
}
