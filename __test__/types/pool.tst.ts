import { describe, expect, test } from 'tstyche'
import {
  type CloseReport,
  HatcheryError,
  type HatcheryErrorCode,
  Pool,
  type PoolStats,
  type RecycleInfo,
  type WorkerExitInfo,
  type WorkerHealth,
  type WorkerHealthInfo,
} from '../../index.js'

import DefaultPiscina, { Piscina } from '../../src/adapters/piscina.js'

const pool = new Pool({ filename: new URL('file:///worker.js') })

describe('Pool', () => {
  test('options', () => {
    expect(Pool).type.toBeConstructableWith({
      filename: 'worker.js',
      minWorkers: 1,
      maxWorkers: 2,
      startMethod: 'fork',
      queueTimeout: 100,
      health: { interval: 500, blockedTimeout: Infinity },
    })
    expect(Pool).type.toBeConstructableWith({ health: false })
    expect(Pool).type.not.toBeConstructableWith({ health: { limit: 5 } })
    expect(Pool).type.toBeConstructableWith({ minThreads: 1, maxThreads: 2, stdio: { stdout: 'ignore' } })
    expect(Pool).type.not.toBeConstructableWith({ startMethod: 'thread' })
    expect(Pool).type.not.toBeConstructableWith({ filename: 5 })
    expect(Pool).type.not.toBeConstructableWith({ maxWorker: 5 })
  })

  test('run', () => {
    expect(pool.run({ a: 1 })).type.toBe<Promise<any>>()
    expect(pool.run<number>({ a: 1 })).type.toBe<Promise<number>>()
    expect(pool.run).type.toBeCallableWith(1, {
      name: 'f',
      signal: new AbortController().signal,
      id: 'a',
      timeout: 5,
      queueTimeout: 5,
      priority: 'high',
      retries: 1,
      onProgress: () => {},
    })
    expect(pool.run).type.not.toBeCallableWith(1, { timeout: '5' })
    const typed = new Pool<string, number>({ filename: 'w.js' })
    expect(typed.run('a')).type.toBe<Promise<number>>()
    expect(typed.run).type.not.toBeCallableWith(5)
  })

  test('cancel', () => {
    expect(pool.cancel('a')).type.toBe<boolean>()
    expect(pool.cancel).type.toBeCallableWith('a', new Error('why'))
    expect(pool.runSync).type.not.toBeCallableWith(1, { id: 'a' })
    expect(pool.map).type.not.toBeCallableWith([1], { id: 'a' })
  })

  test('health', () => {
    expect(pool.on).type.toBeCallableWith('workerHealth', ({ pid, health }: WorkerHealthInfo) => {
      expect(pid).type.toBe<number>()
      expect(health).type.toBe<WorkerHealth>()
    })
    expect(pool.workers[0]!.health).type.toBe<'starting' | 'idle' | 'busy' | 'blocked' | 'stopped'>()
  })

  test('map', async () => {
    for await (const result of pool.map<number, string>([1, 2], { concurrency: 2, ordered: false })) {
      expect(result).type.toBe<string>()
    }
    async function* source() {
      yield 1
    }
    expect(pool.map).type.toBeCallableWith(source(), { name: 'f' })
    expect(pool.map).type.not.toBeCallableWith(5)
  })

  test('stream', async () => {
    for await (const item of pool.stream<string>('a', { highWaterMark: 4, name: 'f', timeout: 5 })) {
      expect(item).type.toBe<string>()
    }
    const step = await pool.stream<string, number>().next()
    expect(step).type.toBe<IteratorResult<string, number>>()
    expect(pool.stream).type.not.toBeCallableWith('a', { retries: 1 })
    await using stream = pool.stream()
    expect(stream).type.toBeAssignableTo<AsyncDisposable>()
    const typed = new Pool<string, number>({ filename: 'w.js' })
    expect(typed.stream).type.not.toBeCallableWith(5)
    expect(typed.run).type.toBeCallableWith([1].values())
  })

  test('life cycle', async () => {
    expect(pool.ready).type.toBe<Promise<void>>()
    expect(pool.close({ timeout: 5 })).type.toBe<Promise<CloseReport>>()
    expect(pool.destroy()).type.toBe<Promise<CloseReport>>()
    expect(pool.reload({ workerData: 1, preload: ['node:zlib'] })).type.toBe<Promise<void>>()
    expect(pool.reload).type.not.toBeCallableWith({ maxWorkers: 2 })
    expect(pool.stats()).type.toBe<PoolStats>()
    expect(pool.stats().runTime.p99).type.toBe<number>()
    expect(pool.stats().workers[0]?.rss).type.toBe<number | undefined>()
    expect(pool.stats().restarts['max-tasks']).type.toBe<number | undefined>()
    expect(pool.stats().startMethodReason).type.toBe<string | null>()
    await using scoped = new Pool({ filename: 'w.js' })
    expect(scoped).type.toBeAssignableTo<AsyncDisposable>()
  })

  test('events', () => {
    pool.on('workerExited', (worker) => expect(worker).type.toBe<WorkerExitInfo>())
    pool.on('recycle', (worker) => expect(worker).type.toBe<RecycleInfo>())
    pool.once('error', (error) => expect(error).type.toBe<HatcheryError>())
    pool.on('drain', () => {})
  })
})

describe('HatcheryError', () => {
  test('code is a union of literals', () => {
    const error = new HatcheryError('ERR_HATCHERY_TASK_TIMEOUT', 'late', { timeout: 5 })
    expect(error.code).type.toBe<HatcheryErrorCode>()
    expect(error.timeout).type.toBe<number | undefined>()
    expect(HatcheryError).type.not.toBeConstructableWith('ERR_OTHER', 'x')
  })
})

describe('Piscina', () => {
  test('takes what piscina takes', () => {
    expect(Piscina).type.toBeConstructableWith({
      filename: 'w.js',
      maxQueue: 'auto',
      resourceLimits: { maxOldGenerationSizeMb: 100 },
    })
    const piscina = new Piscina<number, string>({ filename: null })
    expect(piscina.run(1, { transferList: [], name: null })).type.toBe<Promise<string>>()
    expect(piscina).type.toBeAssignableTo<Pool<number, string>>()
    expect(DefaultPiscina).type.toBe<typeof Piscina>()
  })
})
