/** What there is of processes, descriptors, memory objects and threads. */
import { readdirSync } from 'node:fs'
import process from 'node:process'
import { descendants, descriptors, memfdMappings, threadNames, withEnvironment } from './proc.js'

/** In the environment of every process that this one starts, so that those without parents are found as well. */
export const MARK = 'HATCHERY_TEST_RUN'

/** How many there are of each kind of thing. */
export type Inventory = ReadonlyMap<string, number>

function kindOf(target: string): string {
  return target.replace(/\[\d+\]$/, '').replace(/ \(deleted\)$/, '')
}

function sharedMemory(): string[] {
  try {
    return readdirSync('/dev/shm').filter((name) => name.includes('hatchery'))
  } catch {
    return []
  }
}

/** Everything that could be left behind, as it is now. */
export function inventory(): Inventory {
  const processes = new Map(descendants().map((info) => [info.pid, info]))
  const mark = process.env[MARK]
  if (mark !== undefined) for (const info of withEnvironment(`${MARK}=${mark}`)) processes.set(info.pid, info)
  const things = [
    ...[...processes.values()].map(({ pid, name, state }) => `process ${pid} ${name} ${state}`),
    ...descriptors().map((target) => `descriptor ${kindOf(target)}`),
    ...memfdMappings().map((line) => `mapping ${kindOf(line.slice(line.indexOf('/memfd:')))}`),
    ...threadNames()
      .filter((name) => name.startsWith('hatchery'))
      .map((name) => `thread ${name}`),
    ...sharedMemory().map((name) => `shared memory ${name}`),
  ]
  const counts = new Map<string, number>()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  return counts
}

/** What there is more of now than there was. */
export function surplus(before: Inventory, now: Inventory = inventory()): string[] {
  const more: string[] = []
  for (const [thing, count] of now) {
    const extra = count - (before.get(thing) ?? 0)
    if (extra > 0) more.push(extra === 1 ? thing : `${extra} × ${thing}`)
  }
  return more
}
