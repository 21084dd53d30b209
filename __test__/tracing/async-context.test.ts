/** What callers keep in an AsyncLocalStorage is theirs again whenever the pool calls or answers them. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { Pool } from 'hatchery'
import { watchForLeaks } from '../helpers/leaks.js'
import { rejection, testEach, withPool } from '../helpers/pool.js'

watchForLeaks()

const storage = new AsyncLocalStorage<number>()
const filename = new URL('./fixtures/plain.js', import.meta.url)
/** So many that their results come in batches of several. */
const CALLERS = 300

/** Many callers at once, each with a store of its own. */
function callers(t: ExecutionContext, count: number, call: (own: () => void, number: number) => Promise<void>) {
  const one = (number: number) => {
    const own = () => t.is(storage.getStore(), number)
    return storage.run(number, () => call(own, number))
  }
  return Promise.all(Array.from({ length: count }, (_, number) => one(number)))
}

async function* source(own: () => void, number: number): AsyncGenerator<number> {
  for (let round = 0; round < 3; round++) {
    own()
    await delay(0)
    own()
    yield number
  }
}

/** An iterator whose `next` and `return` run in whatever context they are called in. */
function bareSource(own: () => void, count: number): AsyncIterableIterator<number> {
  let left = count
  return {
    next: async () => {
      own()
      return left-- > 0 ? { done: false, value: left } : { done: true, value: undefined }
    },
    return: async () => {
      own()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function exercise(t: ExecutionContext, pool: Pool): Promise<void> {
  await callers(t, CALLERS, async (own, number) => {
    t.is(await pool.run(number), number)
    own()
    const chained = pool.run(number).then((result) => {
      own()
      return result
    })
    t.is(await chained, number)
    own()
    const error = await rejection(pool.run(number, { name: 'fail' }))
    own()
    t.is(error.value, number)
  })
  await callers(t, 20, async (own, number) => {
    let reports = 0
    const onProgress = (value: number) => {
      own()
      t.is(value, number)
      reports++
    }
    await pool.run(number, { name: 'report', onProgress })
    own()
    t.is(reports, 2)
    for await (const item of pool.stream(number, { name: 'repeat' })) {
      own()
      t.is(item, number)
    }
    own()
    t.deepEqual(await pool.run(source(own, number), { name: 'collect' }), [number, number, number])
    own()
    t.is(((await pool.run(bareSource(own, 40), { name: 'collect' })) as number[]).length, 40)
    own()
    const mapped = pool.map(source(own, number), { concurrency: 2, ordered: number % 2 === 0 })
    for await (const result of mapped) {
      own()
      t.is(result, number)
    }
    own()
    t.is(pool.runSync(number), number)
    own()
    const controller = new AbortController()
    const cancelled = rejection(pool.run(number, { signal: controller.signal }))
    controller.abort()
    await cancelled
    own()
  })
}

testEach('the store of each caller is kept, also where many results come in one batch', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2, concurrency: 4 }, (pool) => exercise(t, pool)),
)

testEach('so it is while somebody observes the tasks', async (t, startMethod) => {
  const { channel } = await import('node:diagnostics_channel')
  const listener = () => {}
  const completed = channel('hatchery:task:completed')
  completed.subscribe(listener)
  try {
    await withPool({ filename, startMethod, maxWorkers: 2, concurrency: 4 }, (pool) => exercise(t, pool))
  } finally {
    completed.unsubscribe(listener)
  }
})
