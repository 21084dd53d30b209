/** Values of every kind and size go to a worker and come back as they were. */
import { inspect, isDeepStrictEqual } from 'node:util'
import { watchForLeaks } from '../helpers/leaks.js'
import { testEach, withPool } from '../helpers/pool.js'
import type * as Tasks from './fixtures/tasks.js'

watchForLeaks()

const filename = new URL('./fixtures/tasks.js', import.meta.url)
const SHOWN = { depth: 20, showHidden: false, maxArrayLength: 1000, sorted: false }

/** As `isDeepStrictEqual`, for which on Node 20 no two invalid dates are equal. */
function isSame(left: unknown, right: unknown): boolean {
  if (left instanceof Date && right instanceof Date) return Object.is(left.getTime(), right.getTime())
  return isDeepStrictEqual(left, right)
}

class QuotaError extends RangeError {
  readonly used = 3
}

function cyclic(): unknown {
  const node: { name: string; self?: unknown; list: unknown[] } = { name: 'node', list: [] }
  node.self = node
  node.list.push(node, node.list)
  return node
}

function sharedTwice(): unknown {
  const shared = { shared: true }
  return { first: shared, second: shared, map: new Map([[shared, shared]]) }
}

function twoViews(): unknown {
  const { buffer } = Uint8Array.from({ length: 64 }, (_, index) => index)
  return { bytes: new Uint8Array(buffer, 8, 16), words: new Uint16Array(buffer) }
}

// biome-ignore lint/suspicious/noSparseArray: it is the case
const sparse = [1, , 3]

const VALUES: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  false: false,
  zero: 0,
  'minus zero': -0,
  int32: -123456,
  'beyond int32': 2 ** 40,
  float: Math.PI,
  NaN: NaN,
  infinity: Infinity,
  'empty string': '',
  latin1: 'Größe',
  utf16: 'příliš 🐎',
  'lone surrogate': 'a\ud800b',
  'null byte': 'a\0b',
  bigint: -(2n ** 63n),
  'large bigint': 2n ** 300n + 1n,
  date: new Date(1_700_000_000_123),
  'invalid date': new Date(NaN),
  regexp: /a(?<name>b)/giu,
  'empty array': [],
  'empty object': {},
  array: [1, 'two', null, undefined, -0, NaN, [3n]],
  'sparse array': sparse,
  object: { a: 1, b: { c: [true, { d: 'x' }] }, missing: undefined },
  'own __proto__': JSON.parse('{"__proto__": {"polluted": true}}'),
  map: new Map<unknown, unknown>([
    ['key', { value: 1 }],
    [NaN, new Set([1, 2])],
    [{}, null],
  ]),
  set: new Set<unknown>(['a', 1, NaN, [2]]),
  buffer: Buffer.from('buffer'),
  'empty buffer': Buffer.alloc(0),
  uint8: Uint8Array.of(1, 2, 255),
  int16: Int16Array.of(-1, 300),
  float32: Float32Array.of(0.5, -0, NaN),
  float64: Float64Array.of(Math.E, -0, NaN),
  bigint64: BigInt64Array.of(-1n, 2n ** 62n),
  'array buffer': new Uint8Array([9, 8, 7]).buffer,
  'data view': new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
  'boxed number': Object(-0),
  'boxed string': Object('boxed'),
  'boxed boolean': Object(false),
  'boxed bigint': Object(5n),
  cycle: cyclic(),
  'shared references': sharedTwice(),
  'two views of a buffer': twoViews(),
  error: new TypeError('an error', { cause: new Error('its cause') }),
  'null prototype': Object.assign(Object.create(null), { a: 1 }),
}

testEach('values of every kind come back as they were', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
    for (const [kind, value] of Object.entries(VALUES)) {
      // A Buffer stays a Buffer; for the rest structuredClone is the measure.
      const expected = Buffer.isBuffer(value) ? value : structuredClone(value)
      const [echoed, later, nested, description] = await Promise.all([
        pool.run(value),
        pool.run(value, { name: 'echoLater' }),
        pool.run([value, { value }]),
        pool.run(value, { name: 'describe' }),
      ])
      for (const result of [echoed, later, nested[0], nested[1].value]) {
        t.true(isSame(result, expected), `${kind}: ${inspect(result)} for ${inspect(value)}`)
        t.is(Object.prototype.toString.call(result), Object.prototype.toString.call(value), kind)
      }
      // So that two mistakes which cancel out are seen: what the worker has is what was sent.
      if (!(value instanceof Error)) t.is(description, inspect(expected, SHOWN), kind)
    }
  }),
)

testEach('references within a value are kept', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const node = await pool.run(cyclic())
    t.is(node.self, node)
    t.is(node.list[0], node)
    t.is(node.list[1], node.list)
    const { first, second, map } = await pool.run(sharedTwice())
    t.is(first, second)
    t.is(map.get(first), first)
    const { bytes, words } = await pool.run(twoViews())
    t.is(bytes.buffer, words.buffer)
    t.is(bytes.byteOffset, 8)
  }),
)

testEach('an error as a value arrives with its class, cause and stack', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const error = new QuotaError('as a value', { cause: new TypeError('inner') })
    const result: Error = await pool.run(error)
    const expected = structuredClone(error)
    t.true(result instanceof RangeError)
    t.is(result.message, 'as a value')
    t.is(result.stack, expected.stack)
    t.true(result.cause instanceof TypeError)
  }),
)

/** Around what is kept in the slot, the size classes of the arena, and the limits of staging and event buffers. */
const EDGES = [0, 44, 88, 1024, 1088, 4096, 8192, 8256, 32_768, 65_536, 69_632, 1 << 20, (1 << 20) + 4096]
const NEAR = [-9, -8, -3, -2, -1, 0, 1, 2, 3, 8]
const SIZES = [...new Set(EDGES.flatMap((edge) => NEAR.map((offset) => edge + offset)))].filter((size) => size >= 0)
const HUGE = [5 << 20, 20 << 20, (24 << 20) - 1, 24 << 20, (24 << 20) + 1]

function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8)) & 0xff
  return bytes
}

/** Of the same length in bytes, whichever way the codec takes. */
const MAKERS: Record<string, (bytes: Buffer) => unknown> = {
  buffer: (bytes) => bytes,
  'typed array': (bytes) => new Uint16Array(new Uint8Array(bytes.subarray(bytes.length & 1)).buffer),
  'one-byte string': (bytes) => bytes.toString('latin1'),
  'two-byte string': (bytes) => `${bytes.subarray(0, bytes.length >> 1).toString('latin1')}\u0416`,
  'array buffer': (bytes) => new Uint8Array(bytes).buffer,
  nested: (bytes) => ({ bytes, tail: [bytes.length] }),
  structured: (bytes) => new Map([['bytes', new Uint8Array(bytes)]]),
}

testEach(
  'payloads of every size around every limit come back as they were',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
      for (const [kind, make] of Object.entries(MAKERS)) {
        const wrong: number[] = []
        const check = async (size: number) => {
          const value = make(pattern(size))
          const expected = Buffer.isBuffer(value) ? value : structuredClone(value)
          const result = await pool.run(value)
          if (!isDeepStrictEqual(result, kind === 'nested' ? value : expected)) wrong.push(size)
        }
        // All at once: the arena runs out of its few large blocks, and the rest travels in memory of its own.
        await Promise.all(SIZES.map(check))
        t.deepEqual(wrong, [], kind)
      }
    }),
  120_000,
)

testEach(
  'payloads of many megabytes come back as they were, both ways and one way',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      for (const size of HUGE) {
        const bytes = pattern(size)
        const echoed = await pool.run<Buffer>(bytes)
        t.is(bytes.compare(echoed), 0, `${size} bytes there and back`)
        const made = await tasks.pattern(size)
        t.is(bytes.compare(made), 0, `${size} bytes back`)
        const text = bytes.toString('latin1')
        t.is(await tasks.digest(text), await tasks.digest(Buffer.from(text, 'utf16le')), `${size} characters there`)
      }
    }),
  120_000,
)

testEach(
  'large results of many tasks at once arrive each at its own task',
  (t, startMethod) =>
    withPool({ filename, startMethod, maxWorkers: 2 }, async (pool) => {
      const tasks = pool.tasks<typeof Tasks>()
      const sizes = Array.from({ length: 64 }, (_, index) => 500_000 + index * 20_011)
      const results = await Promise.all(sizes.map((size) => tasks.pattern(size)))
      t.deepEqual(
        results.map(({ length }) => length),
        sizes,
      )
      for (const [index, size] of sizes.entries()) t.is(pattern(size).compare(results[index]!), 0, `${size} bytes`)
    }),
  120_000,
)

testEach('what the caller does with a value after the call does not reach the worker', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    for (const size of [16, 70_000, 2_000_000]) {
      const bytes = pattern(size)
      const sent = pool.run<Buffer>(bytes)
      bytes.fill(0)
      t.is(pattern(size).compare(await sent), 0, `${size} bytes`)
    }
  }),
)

testEach('a result stays what it is while later results arrive', (t, startMethod) =>
  withPool({ filename, startMethod, maxWorkers: 1 }, async (pool) => {
    const kept: Buffer[] = []
    for (let index = 0; index < 200; index++) kept.push(await pool.run(Buffer.alloc(60 + index, index)))
    for (const [index, bytes] of kept.entries()) t.true(bytes.equals(Buffer.alloc(60 + index, index)), `${index}`)
  }),
)
