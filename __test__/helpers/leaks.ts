/** Sees to it that a test leaves nothing behind: no process, no descriptor, no memory object, no thread. */
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'
import { descendants, descriptors, memfdMappings, threadNames, withEnvironment } from './proc.js'
import { until } from './until.js'

/** How long what a test has closed may take to be gone, in milliseconds. */
const LIMIT = 15_000

/** In the environment of every process that this one starts, so that those without parents are found as well. */
const MARK = 'HATCHERY_TEST_RUN'

/** How many there are of each kind of thing. */
type Inventory = ReadonlyMap<string, number>

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

/** Ends what a failing test has left running, so that it does not spoil the tests after it. */
function killLeftOver(left: readonly string[]): void {
  for (const thing of left) {
    const pid = /^process (\d+) /.exec(thing)?.[1]
    try {
      if (pid !== undefined) process.kill(Number(pid), 'SIGKILL')
    } catch {
      // Gone meanwhile.
    }
  }
}

/** Waits until nothing is left beyond what there was; fails the test with a list of what is. */
export async function assertNothingLeft(t: ExecutionContext, before: Inventory): Promise<void> {
  let left: string[] = []
  const clean = () => {
    left = surplus(before)
    return left.length === 0
  }
  await until(clean, LIMIT, 'nothing is left').catch(() => {})
  killLeftOver(left)
  t.deepEqual(left, [], 'the test left something behind')
}

/** To be called once in each test file whose tests start processes. Tests of the file must run one after the other. */
export function watchForLeaks(): void {
  process.env[MARK] = randomUUID()
  let before: Inventory
  test.before('take stock', () => {
    before = inventory()
  })
  test.afterEach.always('nothing is left behind', (t) => assertNothingLeft(t, before))
}
