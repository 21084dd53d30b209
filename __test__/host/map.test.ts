import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { openSource, splitMapOptions, TaskMap } from '../helpers/internal.js'
import { codeOf } from '../helpers/round-trip.js'

interface Settings {
  limit?: number
  ordered?: boolean
  signal?: AbortSignal
}

/** Rejects with the reason of the signal, whatever that is; what Node's own timers reject with differs by version. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer)
      reject(new Error('stopped', { cause: signal.reason }))
    }
    const timer = setTimeout(resolve, milliseconds)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** A task that takes as many milliseconds as its item says, and notes what becomes of it. */
class Work {
  running = 0
  most = 0
  begun = 0
  aborted = 0

  readonly run = async (item: number, signal: AbortSignal): Promise<number> => {
    this.begun++
    this.most = Math.max(this.most, ++this.running)
    try {
      await pause(item, signal)
      if (item === 13) throw new RangeError('unlucky')
      return item
    } catch (error) {
      if (signal.aborted) this.aborted++
      throw error
    } finally {
      this.running--
    }
  }

  map(items: Iterable<number> | AsyncIterable<number>, { limit = 3, ordered = true, signal }: Settings = {}) {
    return new TaskMap<number, number>(openSource(items), this.run, limit, ordered, signal)
  }
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const result of results) list.push(result)
  return list
}

function* endless(onClose: () => void): Generator<number> {
  try {
    for (;;) yield 1
  } finally {
    onClose()
  }
}

async function* slowly(items: number[]): AsyncGenerator<number> {
  for (const item of items) {
    await sleep(1)
    yield item
  }
}

test('results in the order of the items', async (t) => {
  t.deepEqual(await collect(new Work().map([40, 1, 20, 2])), [40, 1, 20, 2])
})

test('results as they come', async (t) => {
  t.deepEqual(await collect(new Work().map([80, 1, 40], { ordered: false })), [1, 40, 80])
})

test('no more than the limit in flight', async (t) => {
  for (const ordered of [true, false]) {
    const work = new Work()
    t.is((await collect(work.map(new Array<number>(20).fill(1), { limit: 4, ordered }))).length, 20)
    t.is(work.most, 4)
  }
})

test('nothing is begun before it is asked for, and results not taken hold back the rest', async (t) => {
  const work = new Work()
  const results = work.map(
    endless(() => {}),
    { limit: 5 },
  )
  await sleep(5)
  t.is(work.begun, 0)
  await results.next()
  await sleep(20)
  t.is(work.begun, 6)
  await results.return()
})

test('an async source', async (t) => {
  t.deepEqual(await collect(new Work().map(slowly([3, 2, 1]))), [3, 2, 1])
})

test('an empty source', async (t) => {
  t.deepEqual(await collect(new Work().map([])), [])
  t.deepEqual(await collect(new Work().map(slowly([]))), [])
})

test('leaving the loop cancels what is in flight and closes the source', async (t) => {
  const work = new Work()
  let closed = false
  for await (const _ of work.map(
    endless(() => {
      closed = true
    }),
    { limit: 4 },
  ))
    break
  t.true(closed)
  await sleep(5)
  t.is(work.running, 0)
  t.true(work.aborted > 0)
})

test('return() ends calls of next() that wait', async (t) => {
  const work = new Work()
  const results = work.map([10_000, 10_000])
  const waiting = [results.next(), results.next(), results.next()]
  t.deepEqual(await results.return('value'), { done: true, value: 'value' })
  t.true((await Promise.all(waiting)).every((result) => result.done))
  t.true((await results.next()).done)
  await sleep(1)
  t.is(work.aborted, 2)
})

test('a failing task ends the iteration, in its turn, and cancels the rest', async (t) => {
  const work = new Work()
  const seen: number[] = []
  const loop = async () => {
    for await (const result of work.map([20, 13, 10_000, 1])) seen.push(result)
  }
  await t.throwsAsync(loop, { instanceOf: RangeError })
  t.deepEqual(seen, [20])
  await sleep(1)
  t.is(work.running, 0)
})

test('a failing source is reported after the results before', async (t) => {
  function* failing() {
    yield 5
    throw new SyntaxError('source')
  }
  async function* failingLater() {
    yield* failing()
  }
  for (const source of [failing(), failingLater()]) {
    const results = new Work().map(source)
    t.deepEqual(await results.next(), { done: false, value: 5 })
    await t.throwsAsync(results.next(), { instanceOf: SyntaxError })
    t.true((await results.next()).done)
  }
})

test('a signal aborts the tasks with its reason, and is let go of afterwards', async (t) => {
  const controller = new AbortController()
  const results = new Work().map([10_000], { signal: controller.signal })
  const next = results.next()
  controller.abort(new Error('enough'))
  const stopped = await t.throwsAsync(next, { message: 'stopped' })
  t.like(stopped?.cause, { message: 'enough' })
  await t.throwsAsync(collect(new Work().map([1], { signal: AbortSignal.abort() })), { message: 'stopped' })
})

test('several calls of next() at a time', async (t) => {
  const results = new Work().map([3, 2, 1])
  const all = await Promise.all([results.next(), results.next(), results.next(), results.next()])
  t.deepEqual(
    all.map(({ value }) => value),
    [3, 2, 1, undefined],
  )
})

test('options', (t) => {
  t.is(splitMapOptions({}, 2).limit, 16)
  t.is(splitMapOptions({}, 100).limit, 400)
  t.deepEqual(splitMapOptions({ concurrency: 2, ordered: false, name: 'f' }, 1), {
    limit: 2,
    ordered: false,
    run: { name: 'f' },
  })
  for (const options of [{ concurrency: 0 }, { concurrency: 'x' }, { ordered: 1 }]) {
    t.is(
      codeOf(() => splitMapOptions(options as never, 1)),
      'ERR_HATCHERY_INVALID_OPTION',
    )
  }
  t.is(
    codeOf(() => openSource(5 as never)),
    'ERR_HATCHERY_INVALID_OPTION',
  )
  t.is(
    codeOf(() => openSource(null as never)),
    'ERR_HATCHERY_INVALID_OPTION',
  )
})
