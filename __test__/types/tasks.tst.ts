import { ReadableStream } from 'node:stream/web'
import { describe, expect, test } from 'tstyche'
import { type ItemIterator, Pool } from '../../index.js'
import type { Size } from './worker.js'

const pool = new Pool({ filename: 'worker.js' })
const tasks = pool.tasks<typeof import('./worker.js')>()

describe('pool.tasks()', () => {
  test('arguments and results are those of the function', () => {
    expect(tasks.resize(new Uint8Array(1), { width: 1 })).type.toBe<Promise<number>>()
    expect(tasks.resize).type.toBeCallableWith(new Uint8Array(1), { width: 1, height: 2 } as Size)
    expect(tasks.resize).type.not.toBeCallableWith(new Uint8Array(1))
    expect(tasks.resize).type.not.toBeCallableWith('image', { width: 1 })
    expect(tasks.default('x')).type.toBe<Promise<string>>()
    expect(tasks.nothing()).type.toBe<Promise<void>>()
  })

  test('promises of async functions are unwrapped once', () => {
    expect(tasks.load('a', 'b', 'c')).type.toBe<Promise<{ path: string; size: number }>>()
    expect(tasks.parse('1')).type.toBe<Promise<string | number>>()
  })

  test('type parameters and overloads of async functions stay', () => {
    expect(tasks.first([1, 2])).type.toBe<Promise<number | undefined>>()
    expect(tasks.overloaded('a')).type.toBe<Promise<string>>()
    expect(tasks.overloaded(1)).type.toBe<Promise<number>>()
  })

  test('exports that are no functions are no tasks', () => {
    expect(tasks).type.not.toHaveProperty('version')
    expect(tasks).type.not.toHaveProperty('Helper')
    expect(tasks).type.not.toHaveProperty('missing')
  })

  test('with() takes options and gives the same function', () => {
    expect(tasks.resize.with({ timeout: 100, priority: 'low' })(new Uint8Array(1), { width: 1 })).type.toBe<
      Promise<number>
    >()
    expect(tasks.first.with({ retries: 1 })(['a'])).type.toBe<Promise<string | undefined>>()
    expect(tasks.resize.with).type.not.toBeCallableWith({ priority: 'highest' })
    expect(tasks.resize.with).type.not.toBeCallableWith({ name: 'other' })
  })

  test('sync() gives the result itself', () => {
    expect(tasks.resize.sync(new Uint8Array(1), { width: 1 })).type.toBe<number>()
    expect(tasks.load.sync('a', 'b', 'c')).type.toBe<{ path: string; size: number }>()
    expect(tasks.resize.with({ timeout: 5 }).sync(new Uint8Array(1), { width: 1 })).type.toBe<number>()
    expect(tasks.resize.sync).type.not.toBeCallableWith('image', { width: 1 })
    expect(pool.tasks()['anything']!.sync(1, 'a')).type.toBe<any>()
    expect(pool.runSync).type.toBeCallableWith(1, { name: 'resize', timeout: 5 })
    expect(pool.runSync).type.not.toBeCallableWith(1, { onProgress() {} })
  })

  test('generators are called by stream, and by stream alone', () => {
    expect(tasks.lines.stream('a')).type.toBe<ItemIterator<string, number>>()
    expect(tasks.lines.with({ highWaterMark: 4, timeout: 5 }).stream('a')).type.toBe<ItemIterator<string, number>>()
    expect(tasks.counts.stream(5)).type.toBe<ItemIterator<number, void>>()
    expect(tasks.opened.stream('a')).type.toBeAssignableTo<AsyncIterable<Uint8Array>>()
    expect(tasks.lines).type.not.toBeAssignableTo<(path: string) => unknown>()
    expect(tasks.opened).type.not.toBeAssignableTo<(path: string) => unknown>()
    expect(tasks.lines.stream).type.not.toBeCallableWith(5)
    expect(tasks.lines.with).type.not.toBeCallableWith({ retries: 1 })
  })

  test('what is data and can be iterated is either', () => {
    expect(tasks.names()).type.toBe<Promise<string[]>>()
    expect(tasks.names.stream()).type.toBeAssignableTo<AsyncIterable<string>>()
    expect(tasks.resize).type.not.toHaveProperty('stream')
    expect(tasks.default).type.not.toHaveProperty('stream')
    expect(tasks.fails).type.toBeAssignableTo<() => unknown>()
  })

  test('where a function takes an async iterable, any source goes', () => {
    async function* numbers() {
      yield 1
    }
    expect(tasks.total(numbers(), 2)).type.toBe<Promise<number>>()
    expect(tasks.total).type.toBeCallableWith(new ReadableStream<number>(), 2)
    expect(tasks.total).type.toBeCallableWith([1, 2].values(), 2)
    expect(tasks.total).type.not.toBeCallableWith([1, 2], 2)
    expect(tasks.total).type.not.toBeCallableWith(['a'].values(), 2)
  })

  test('without a type, any name and arguments go', () => {
    expect(pool.tasks()['anything']!(1, 'a')).type.toBe<Promise<any>>()
  })
})
