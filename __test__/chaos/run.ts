/** A pool at its highest rate, with workers and zygote dying all the time; and what became of each task. */
import { setTimeout as delay } from 'node:timers/promises'
import { Pool, type PoolOptions } from 'hatchery'
import { inventory, surplus } from '../helpers/inventory.js'
import { until } from '../helpers/until.js'
import { HARMS, strike } from './harm.js'
import { HARMFUL, type Kind, WORK } from './kinds.js'
import { Ledger, type Tally } from './ledger.js'
import { Random } from './random.js'
import { SideLog } from './side-log.js'

/** What is to be done. */
export interface ChaosOptions {
  /** Processes of the pool that are to be ended, from outside or by their tasks, at least. */
  readonly kills: number
  /** The same harm in the same order for the same seed. */
  readonly seed: number
  readonly startMethod: 'fork' | 'spawn'
  readonly workers: number
  /** Tasks that a worker runs at a time. */
  readonly concurrency: number
  /** Called after each round, with the deaths so far. */
  readonly onRound?: (deaths: number) => void
}

/** What came of it. */
export interface ChaosReport {
  readonly options: ChaosOptions
  readonly seconds: number
  /** Workers that died unasked. */
  readonly deaths: number
  readonly workersStarted: number
  readonly tallies: ReadonlyMap<string, Tally>
  /** Tasks that were rejected because their worker died, and had not begun. */
  readonly unbegun: number
  /** By name of the harm. */
  readonly harms: ReadonlyMap<string, number>
  /** Empty: every promise of the pool was kept. */
  readonly complaints: readonly string[]
}

const filename = new URL('./fixtures/tasks.js', import.meta.url)

/** Tasks under way at any time. */
const IN_FLIGHT = 1_000
/** Milliseconds between two strikes, on average. */
const PAUSE = 15
/** The part of them that is a task which ends its worker. */
const FROM_INSIDE = 0.3
/** Tasks of a round; then all of them must be settled, and are looked up in the side log. */
const ROUND = 500_000
/** Milliseconds that tasks may take to be settled once no more harm is done; only a hang gets there. */
const PATIENCE = 60_000

/** One task, from its submission to its settlement. */
async function one(pool: Pool, ledger: Ledger, kind: Kind): Promise<void> {
  const task = ledger.open(kind)
  await kind.run(pool, task).then(
    () => ledger.fulfil(task),
    (error: unknown) => ledger.reject(task, error),
  )
}

/** One round: tasks without a pause until there were enough deaths or tasks. */
async function round(
  pool: Pool,
  ledger: Ledger,
  fate: Random,
  harms: Map<string, number>,
  enough: () => boolean,
): Promise<void> {
  // A source of its own: how many tasks there are between two strikes, nobody can repeat.
  const work = new Random(fate.below(2 ** 31))
  let over = false
  const isOver = () => {
    over ||= ledger.tasks >= ROUND || enough()
    return over
  }
  const keepBusy = async () => {
    while (!isOver()) await one(pool, ledger, work.weighed(WORK))
  }
  for (let lane = 0; lane < IN_FLIGHT; lane++) void keepBusy()
  while (!isOver()) {
    await delay(fate.below(2 * PAUSE))
    if (fate.next() < FROM_INSIDE) {
      void one(pool, ledger, fate.weighed(HARMFUL))
    } else {
      const harm = fate.weighed(HARMS)
      if (strike(pool, harm, fate)) harms.set(harm.name, (harms.get(harm.name) ?? 0) + 1)
    }
  }
  await until(() => ledger.pending === 0, PATIENCE, 'every task is settled').catch((error: Error) => {
    ledger.complain(`${ledger.pending} tasks hang: ${error.message}; ${JSON.stringify(pool.stats())}`)
  })
}

/** Runs chaos; never throws for what the pool does wrong. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const before = inventory()
  const log = new SideLog()
  const fate = new Random(options.seed)
  const ledger = new Ledger()
  const harms = new Map<string, number>()
  const poolOptions: PoolOptions = {
    filename,
    startMethod: options.startMethod,
    minWorkers: options.workers,
    maxWorkers: options.workers,
    concurrency: options.concurrency,
    killGrace: 20,
    // As many as there are to be.
    maxRestarts: Infinity,
    // Workers may well be killed five times in a row before they have done anything.
    recovery: { ERR_HATCHERY_RESTART_LIMIT: 'retry' },
    maxCrashes: Infinity,
    retryBackoff: { initial: 1, max: 50 },
    health: { interval: 100, stoppedTimeout: 300 },
    stdio: 'ignore',
    workerData: log.folder,
    execArgv: ['--max-old-space-size=64'],
  }
  const began = performance.now()
  const pool = new Pool(poolOptions)
  pool.on('error', (error) => ledger.complain(`the pool failed: ${String(error)}`))
  const deaths = () => {
    const { workersCrashed, restarts } = pool.stats()
    return workersCrashed + (restarts.overdue ?? 0)
  }
  let died = 0
  let started = 0
  try {
    await pool.ready
    while (ledger.complaints.length === 0 && deaths() < options.kills) {
      await round(pool, ledger, fate, harms, () => ledger.complaints.length > 0 || deaths() >= options.kills)
      ledger.close(log.take(ledger.tasks))
      options.onRound?.(deaths())
    }
    died = deaths()
    started = pool.stats().workersStarted ?? 0
    await pool.close({ timeout: PATIENCE })
  } catch (error) {
    ledger.complain(`the run broke off: ${String(error)}`)
    await pool.destroy()
  } finally {
    log.remove()
  }
  await until(() => surplus(before).length === 0, PATIENCE, 'nothing is left').catch(() => {
    for (const thing of surplus(before)) ledger.complain(`left behind: ${thing}`)
  })
  return {
    options,
    seconds: (performance.now() - began) / 1000,
    deaths: died,
    workersStarted: started,
    tallies: ledger.tallies,
    unbegun: ledger.unbegun,
    harms,
    complaints: ledger.complaints,
  }
}
