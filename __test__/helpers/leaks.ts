/** Sees to it that a test leaves nothing behind: no process, no descriptor, no memory object, no thread. */
import { randomUUID } from 'node:crypto'
import process from 'node:process'
import test, { type ExecutionContext } from 'ava'
import { type Inventory, inventory, MARK, surplus } from './inventory.js'
import { until } from './until.js'

/** How long what a test has closed may take to be gone, in milliseconds. */
const LIMIT = 15_000

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
