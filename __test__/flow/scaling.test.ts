/** How many workers there are between the bounds, and why. */
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { Pool, PoolOptions, ScaleInfo } from 'hatchery'
import { Gate } from '../helpers/gate.js'
import { loadNative } from '../helpers/internal.js'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, testOnce, withPool } from '../helpers/pool.js'
import { until } from '../helpers/until.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const processors = loadNative().defaultParallelism()

/** What has been told of the size of a pool. */
class Story {
  readonly changes: ScaleInfo[] = []
  started = 0
  exited = 0

  constructor(pool: Pool) {
    pool.on('scale', (change) => this.changes.push(change))
    pool.on('workerStarted', () => this.started++)
    pool.on('workerExited', () => this.exited++)
  }

  /** Reasons in order, each once for all that follow one another. */
  get reasons(): string[] {
    const reasons = this.changes.filter(({ from, to }) => from !== to).map(({ reason }) => reason)
    return reasons.filter((reason, at) => reason !== reasons[at - 1])
  }

  held(reason: ScaleInfo['reason']): boolean {
    return this.changes.some((change) => change.reason === reason && change.from === change.to)
  }

  /** Each change begins where the one before has ended. */
  check(t: ExecutionContext): void {
    let size = 0
    for (const { from, to } of this.changes) {
      t.is(from, size)
      size = to
    }
  }
}

const withStory = (options: PoolOptions, body: (pool: Pool, story: Story) => Promise<void>) =>
  withPool({ filename, startMethod: 'fork', ...options }, (pool) => body(pool, new Story(pool)))

/** Tasks that run at the same time until the gates are opened. */
class Held implements Disposable {
  readonly #gates: Gate[]
  readonly runs: Promise<number>[]

  constructor(pool: Pool, count: number, name: 'gate' | 'busyGate' = 'gate') {
    this.#gates = Array.from({ length: count }, () => new Gate())
    this.runs = this.#gates.map(({ path }) => pool.run(path, { name }))
  }

  async entered(): Promise<void> {
    await Promise.all(this.#gates.map((gate) => gate.entered(20_000)))
  }

  open(): Promise<number[]> {
    for (const gate of this.#gates) gate.open()
    return Promise.all(this.runs)
  }

  [Symbol.dispose](): void {
    for (const gate of this.#gates) gate[Symbol.dispose]()
  }
}

testEach('a step from nothing to everything and back starts and ends each worker once', (t, startMethod) =>
  withStory({ startMethod, minWorkers: 1, maxWorkers: 4, idleTimeout: 100 }, async (pool, story) => {
    await pool.run(1)
    using held = new Held(pool, 4)
    const others = Array.from({ length: 400 }, (_, index) => pool.run(index))
    await held.entered()
    t.is(pool.workers.length, 4)
    await held.open()
    await Promise.all(others)
    await until(() => story.exited === 3, 20_000, 'three have left')
    t.is(story.started, 4)
    t.is(pool.stats().workersStarted, 4)
    t.deepEqual(story.reasons, ['start', 'queue-wait', 'idle'])
    t.is(story.changes.filter(({ reason }) => reason === 'idle').length, 3, 'they leave one by one')
    story.check(t)
  }),
)

testOnce('a load that comes back as soon as a worker has left keeps it from then on', (t) =>
  withStory({ minWorkers: 1, maxWorkers: 2, idleTimeout: 40 }, async (pool, story) => {
    const cycles = 12
    using base = new Held(pool, 1)
    await base.entered()
    for (let cycle = 0; cycle < cycles; cycle++) {
      using more = new Held(pool, 1)
      await more.entered()
      const exited = story.exited
      await more.open()
      // Away for half as long again as a worker may be idle.
      const end = performance.now() + 60
      while (story.exited === exited && performance.now() < end) await delay(2)
    }
    await base.open()
    t.true(story.started <= 8, `${story.started} starts for ${cycles} cycles`)
  }),
)

testOnce('tasks that are done before their time need no worker more', (t) =>
  withStory(
    // The first task is slow, and on a busy machine the pace is taken from it: two thousand times that is well below.
    { minWorkers: 1, maxWorkers: 4, scaling: { targetQueueWait: 1e9, interval: 1e9 } },
    async (pool, story) => {
      // Of a pool that has done nothing nobody knows how long its tasks take.
      await pool.run(1)
      await Promise.all(Array.from({ length: 2000 }, (_, index) => pool.run(index)))
      t.is(pool.stats().workersStarted, 1)
      t.deepEqual(story.reasons, ['start'])
      await pool.resize({ max: 1 })
    },
  ),
)

testOnce('a queue that never empties gets a worker more, however short its waits', (t) =>
  withStory({ minWorkers: 1, maxWorkers: 2, scaling: { targetQueueWait: 1e9, interval: 20 } }, async (pool) => {
    await pool.run(1)
    let going = true
    // Far more than one worker has lying ready.
    const lanes = Array.from({ length: 5_000 }, async () => {
      while (going) await pool.run(1)
    })
    await until(() => pool.stats().workersStarted === 2, 10_000, 'there is a second one')
    going = false
    await Promise.all(lanes)
    t.is(pool.workers.length, 2)
  }),
)

testOnce('no more workers than processors while these are used up and tasks get done', (t) =>
  withStory(
    // So small a share is used up on a busy machine too.
    { minWorkers: 1, maxWorkers: processors + 2, scaling: { maxCpu: 0.02, interval: 5_000 } },
    async (pool, story) => {
      let going = true
      const lanes = Array.from({ length: processors * 4 }, async () => {
        while (going) await pool.run(20, { name: 'spin' })
      })
      await until(() => story.held('cpu'), 15_000, 'no more are added')
      going = false
      await Promise.all(lanes)
      t.is(pool.stats().workersStarted, processors)
      story.check(t)
    },
  ),
)

testOnce('more workers than processors when tasks leave these idle, and when nothing gets done', (t) =>
  withStory({ minWorkers: 1, maxWorkers: processors + 3, scaling: { interval: 50 } }, async (pool, story) => {
    using waiting = new Held(pool, processors + 2)
    await waiting.entered()
    using busy = new Held(pool, 1, 'busyGate')
    await busy.entered()
    await Promise.all([waiting.open(), busy.open()])
    using stuck = new Held(pool, processors + 3, 'busyGate')
    await stuck.entered()
    t.is(pool.workers.length, processors + 3)
    await stuck.open()
    story.check(t)
  }),
)

testOnce('endless work on all processors does not keep others from a worker', (t) =>
  withStory(
    { minWorkers: 1, maxWorkers: processors + 1, scaling: { maxCpu: 0.02, interval: 50 } },
    async (pool, story) => {
      using busy = new Held(pool, processors, 'busyGate')
      await busy.entered()
      t.is(await pool.run(7), 7)
      await busy.open()
      story.check(t)
    },
  ),
)

testOnce('no worker for which there is no memory, but for the minimum', (t) =>
  withStory({ minWorkers: 1, maxWorkers: 3, scaling: { maxMemory: 1e-9 } }, async (pool, story) => {
    using held = new Held(pool, 1)
    await held.entered()
    const waiting = pool.run(1)
    await until(() => story.held('memory'), 10_000, 'it says so')
    await held.open()
    t.is(await waiting, 1)
    t.is(pool.stats().workersStarted, 1)
    t.is(story.changes.filter(({ reason }) => reason === 'memory').length, 1, 'and says it once')
  }),
)

testOnce('a worker that dies and is not needed is told, one that is replaced is not', (t) =>
  withStory({ minWorkers: 1, maxWorkers: 2, idleTimeout: 0 }, async (pool, story) => {
    await pool.run(1)
    using held = new Held(pool, 2)
    await held.entered()
    const pids = await held.open()
    process.kill(pids[0]!, 'SIGKILL')
    await until(() => story.changes.some(({ reason }) => reason === 'exit'), 10_000, 'one is gone')
    process.kill(pids[1]!, 'SIGKILL')
    await until(() => story.started === 3, 10_000, 'the last one is replaced')
    t.is(await pool.run(1), 1)
    t.deepEqual(story.reasons, ['start', 'queue-wait', 'exit'])
    story.check(t)
  }),
)

testOnce('a pool that drains sleeps, whatever it was about to look at', async (t) => {
  const interval = 500
  const scaling = { targetQueueWait: 3_600_000, interval }
  const options = { filename, startMethod: 'fork', minWorkers: 1, maxWorkers: 1, scaling, health: false } as const
  /** False: this process stood still for so long that the look had been taken before the pool drained. */
  const attempt = () =>
    withPool(options, async (pool) => {
      // Of tasks as short as these some lie in the ring.
      await Promise.all(Array.from({ length: 2000 }, (_, index) => pool.run(index)))
      await pool.resize({ min: 1, max: 2 })
      using gate = new Gate()
      const held = pool.run(gate.path, { name: 'gate' })
      await gate.entered()
      const placed = performance.now()
      const waiting = pool.run(1)
      // It has been placed: another worker may be called for once the interval is over.
      await delay(1)
      const closing = pool.close()
      const inTime = performance.now() - placed < interval / 2
      await delay(interval)
      const before = performance.eventLoopUtilization()
      await delay(interval)
      const { utilization } = performance.eventLoopUtilization(before)
      const { workersStarted } = pool.stats()
      gate.open()
      await Promise.all([held, waiting, closing])
      if (!inTime) return false
      t.is(workersStarted, 1, 'none was called for')
      t.true(utilization < 0.5, `${utilization}`)
      return true
    })
  let tries = 0
  while (!(await attempt())) t.true(++tries < 10, 'this machine stands still again and again')
})
