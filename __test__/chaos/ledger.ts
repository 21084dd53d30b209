/** What the host knows of each task of a round. */
import { HatcheryError } from 'hatchery'
import type { Kind } from './kinds.js'

/** Tasks of one kind, by how they ended. */
export interface Tally {
  submitted: number
  fulfilled: number
  /** By code of the error. */
  readonly rejected: Map<string, number>
}

/** How a task may end that was not to end so by itself. */
const DEATHS: ReadonlySet<string> = new Set([
  'ERR_HATCHERY_TASK_TIMEOUT',
  'ERR_HATCHERY_TASK_CANCELLED',
  'ERR_HATCHERY_WORKER_LOST',
  'ERR_HATCHERY_WORKER_EXITED',
  'ERR_HATCHERY_WORKER_ENDED',
  'ERR_HATCHERY_WORKER_UNRESPONSIVE',
  'ERR_HATCHERY_WORKER_SIGNALLED',
  'ERR_HATCHERY_WORKER_ABORTED',
  'ERR_HATCHERY_WORKER_OUT_OF_MEMORY',
  'ERR_HATCHERY_WORKER_LANE_CORRUPT',
])

/** Complaints kept; a fault that shows a million times is one fault. */
const MOST_COMPLAINTS = 20

/** Follows the tasks of a round from submission to settlement, and compares them with the side log. */
export class Ledger {
  readonly tallies = new Map<string, Tally>()
  readonly complaints: string[] = []
  /** Tasks that were rejected because their worker died, and had not begun. */
  unbegun = 0
  /** The kind of each task of this round. */
  #kinds: Kind[] = []
  /** How often each was settled. */
  #settled: number[] = []
  #fulfilled: boolean[] = []
  /** Whether each was rejected because its worker died. */
  #died: boolean[] = []
  #pending = 0

  /** Tasks of this round. */
  get tasks(): number {
    return this.#kinds.length
  }

  /** Those of them that are not settled. */
  get pending(): number {
    return this.#pending
  }

  /** The number of a new task. */
  open(kind: Kind): number {
    this.#pending++
    this.#tally(kind).submitted++
    this.#settled.push(0)
    this.#fulfilled.push(false)
    this.#died.push(false)
    return this.#kinds.push(kind) - 1
  }

  fulfil(task: number): void {
    this.#fulfilled[task] = true
    this.#tally(this.#kinds[task] as Kind).fulfilled++
    this.#settle(task)
  }

  reject(task: number, error: unknown): void {
    const kind = this.#kinds[task] as Kind
    const code = error instanceof HatcheryError ? error.code : String(error)
    const { rejected } = this.#tally(kind)
    rejected.set(code, (rejected.get(code) ?? 0) + 1)
    this.#died[task] = code.startsWith('ERR_HATCHERY_WORKER_')
    if (!DEATHS.has(code)) this.complain(`${kind.name}: task ${task} was rejected with ${String(error)}`)
    this.#settle(task)
  }

  complain(complaint: string): void {
    if (this.complaints.length < MOST_COMPLAINTS) this.complaints.push(complaint)
  }

  /** Compares with how often each task was begun, and starts a new round. */
  close(begun: Uint8Array): void {
    for (const [task, kind] of this.#kinds.entries()) {
      const times = begun[task] as number
      const settled = this.#settled[task] as number
      if (settled !== 1) this.complain(`${kind.name}: task ${task} was settled ${settled} times`)
      if (times > kind.retries + 1) this.complain(`${kind.name}: task ${task} was begun ${times} times`)
      if (this.#fulfilled[task] && times === 0) this.complain(`${kind.name}: task ${task} has a result and never ran`)
      if (this.#died[task] && times === 0) this.unbegun++
    }
    this.#kinds = []
    this.#settled = []
    this.#fulfilled = []
    this.#died = []
    this.#pending = 0
  }

  #settle(task: number): void {
    this.#pending--
    this.#settled[task] = (this.#settled[task] as number) + 1
  }

  #tally(kind: Kind): Tally {
    const known = this.tallies.get(kind.name)
    if (known !== undefined) return known
    const tally = { submitted: 0, fulfilled: 0, rejected: new Map<string, number>() }
    this.tallies.set(kind.name, tally)
    return tally
  }
}
