/** More workers than processors: few are kept awake for quick tasks, and none of that holds a task up. */
import { availableParallelism } from 'node:os'
import type * as Faults from '../faults/fixtures/faults.js'
import { Gate } from '../helpers/gate.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'

watchForLeaks()

const filename = new URL('../faults/fixtures/faults.js', import.meta.url)
const workers = availableParallelism() + 3

testEach('behind a worker in a long task nothing waits while others are idle', (t, startMethod) =>
  withPool({ filename, startMethod, minWorkers: workers, maxWorkers: workers }, async (pool) => {
    const tasks = pool.tasks<typeof Faults>()
    const numbers = Array.from({ length: 3000 }, (_, index) => index)
    // So that all of them are known for quick tasks.
    for (let round = 0; round < 3; round++)
      t.deepEqual(await Promise.all(numbers.map((n) => tasks.default(n))), numbers)
    using first = new Gate()
    using second = new Gate()
    const held = [tasks.gate(first.path), tasks.gate(second.path)]
    await Promise.all([first.entered(), second.entered()])
    // As long as the gates are closed, whatever was behind those two would never come.
    for (let round = 0; round < 20; round++) t.is(await tasks.default(round), round)
    t.deepEqual(await Promise.all(numbers.map((n) => tasks.default(n))), numbers)
    first.open()
    second.open()
    await Promise.all(held)
  }),
)
