/** Every number of every round, by pool. */
import { pointName } from './measurement.js'
import { type Cell, type CellOutcome, describe } from './run-cell.js'
import { type Summary, summarise } from './statistics.js'

export class Results {
  readonly #values = new Map<string, Map<string, number[]>>()
  readonly failures: string[] = []
  readonly #skipped = new Set<string>()

  add(cell: Cell, { numbers, failure, skipped }: CellOutcome): void {
    if (failure !== undefined) this.failures.push(failure)
    if (skipped !== undefined) this.#skipped.add(`${describe(cell)}: ${skipped}`)
    const byName = this.#values.get(cell.peer) ?? new Map<string, number[]>()
    this.#values.set(cell.peer, byName)
    for (const [number, value] of Object.entries(numbers)) {
      const name = cell.point === undefined ? number : pointName(number, cell.point)
      const list = byName.get(name)
      if (list) list.push(value)
      else byName.set(name, [value])
    }
  }

  /** What could not be measured, and why. */
  get skipped(): string[] {
    return [...this.#skipped]
  }

  summary(peer: string, name: string): Summary | undefined {
    const values = this.#values.get(peer)?.get(name)
    return values && summarise(values)
  }

  /** The median, or undefined where the pool has no such number. */
  median(peer: string, name: string): number | undefined {
    return this.summary(peer, name)?.median
  }

  /** The points at which this pool has that number, in order. */
  points(peer: string, number: string): number[] {
    const prefix = pointName(number, 0).slice(0, -1)
    return [...(this.#values.get(peer)?.keys() ?? [])]
      .filter((name) => name.startsWith(prefix))
      .map((name) => Number(name.slice(prefix.length)))
      .sort((a, b) => a - b)
  }

  /** All of it, for the JSON. */
  summaries(): Record<string, Record<string, Summary>> {
    const result: Record<string, Record<string, Summary>> = {}
    for (const [peer, byName] of this.#values) {
      result[peer] = Object.fromEntries([...byName].map(([name, values]) => [name, summarise(values)]))
    }
    return result
  }
}
