/** Every number of every round, by pool. */
import type { CellOutcome } from './run-cell.js'
import { type Summary, summarise } from './statistics.js'

export class Results {
  readonly #values = new Map<string, Map<string, number[]>>()
  readonly failures: string[] = []

  add(peer: string, { numbers, failure }: CellOutcome): void {
    if (failure !== undefined) this.failures.push(failure)
    const byName = this.#values.get(peer) ?? new Map<string, number[]>()
    this.#values.set(peer, byName)
    for (const [name, value] of Object.entries(numbers)) {
      const list = byName.get(name)
      if (list) list.push(value)
      else byName.set(name, [value])
    }
  }

  summary(peer: string, name: string): Summary | undefined {
    const values = this.#values.get(peer)?.get(name)
    return values && summarise(values)
  }

  /** The median, or undefined where the pool has no such number. */
  median(peer: string, name: string): number | undefined {
    return this.summary(peer, name)?.median
  }

  /** All of it, for --json. */
  summaries(): Record<string, Record<string, Summary>> {
    const result: Record<string, Record<string, Summary>> = {}
    for (const [peer, byName] of this.#values) {
      result[peer] = Object.fromEntries([...byName].map(([name, values]) => [name, summarise(values)]))
    }
    return result
  }
}
