import process from 'node:process'
import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { codeOf, roundTrip } from '../helpers/round-trip.js'

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}
class ListOfNumbers extends Array<number> {}
class Bytes extends Uint8Array {}
class FileError extends RangeError {
  readonly path = '/etc'
}

const own = (key: string, value: unknown) =>
  Object.defineProperty({}, key, { value, enumerable: true, writable: true, configurable: true })
const with16 = Array.from({ length: 16 }, (_, index) => ({ index }))
const deep = (levels: number): unknown => (levels === 0 ? 'bottom' : { down: deep(levels - 1) })
// biome-ignore lint/suspicious/noSparseArray: it is the case
const sparse = [1, , 3]

/** Each is compared with what structuredClone makes of it. */
const CASES: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  false: false,
  zero: 0,
  'minus zero': -0,
  'small integer': 42,
  'negative integer': -1,
  'int32 minimum': -(2 ** 31),
  'int32 maximum': 2 ** 31 - 1,
  'beyond int32': 2 ** 31,
  'safe integer': Number.MAX_SAFE_INTEGER,
  float: 0.1,
  subnormal: Number.MIN_VALUE,
  NaN: NaN,
  infinity: -Infinity,
  'empty string': '',
  'short string': 'the quick brown fox.',
  'string of 24': 'x'.repeat(24),
  'string of 25': 'x'.repeat(25),
  'Latin-1 string': 'Größe: 5 µm ÿ',
  'long Latin-1 string': 'é'.repeat(1000),
  'UTF-16 string': 'příliš žluťoučký 🐎',
  'long UTF-16 string': '日本語'.repeat(1000),
  'lone surrogates': '\udc00 and \ud800',
  'string with a null byte': 'a\0b',
  'string longer than the target': 'long '.repeat(10_000),
  bigint: 123n,
  'negative bigint': -(2n ** 63n),
  'bigint of 64 bits, unsigned': 2n ** 63n,
  'large bigint': 2n ** 200n,
  'empty object': {},
  'empty array': [],
  object: { id: 1, name: 'resize', ratio: 0.5, on: true, none: null, missing: undefined },
  'minus zero and NaN inside': { a: -0, b: [NaN, -0, 0] },
  'nested objects and arrays': { a: [{ b: [[], [{}]] }], c: { d: 'e' } },
  'integer keys': { 2: 'two', 1: 'one', '-1': 'minus', '01': 'octal' },
  'keys of all kinds': { '': 0, ž: 1, ['k'.repeat(300)]: 2, '\ud800': 3, 'a b': 4 },
  'own __proto__': own('__proto__', { polluted: true }),
  'own constructor, toString, hasOwnProperty': { constructor: 1, toString: 2, hasOwnProperty: 3 },
  'null prototype': Object.assign(Object.create(null) as object, { a: 1 }),
  'symbol keys are dropped': { a: 1, [Symbol('s')]: 2 },
  'hidden properties are dropped': Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }),
  getter: {
    get answer() {
      return 42
    },
  },
  'array of undefined': [undefined, undefined],
  'sparse array': sparse,
  'sparse array with a property in the gap': Object.assign(sparse.slice(), { extra: 2 }),
  'array with a hole at the end': new Array(3),
  'array with properties': Object.assign([1, 2], { index: 0, input: 'x' }),
  'subclass of Array': ListOfNumbers.from([1, 2, 3]),
  '17 containers': with16,
  '300 elements': Array.from({ length: 300 }, (_, index) => index - 150),
  'many integers': Array.from({ length: 100 }, (_, index) => index * -(2 ** 22)),
  'many numbers': Array.from({ length: 100 }, (_, index) => (index === 50 ? -0 : index / 3)),
  'many numbers and a string': Array.from({ length: 100 }, (_, index) => (index === 99 ? 'x' : index)),
  'many numbers inside': { a: 'x', b: { c: new Array(50).fill(2 ** 31), d: new Array(20).fill(1) } },
  'many numbers and a hole': Object.assign(new Array(50).fill(1), { length: 51 }),
  'many numbers and a property': Object.assign(new Array(50).fill(1), { extra: 1 }),
  '48 keys': Object.fromEntries(Array.from({ length: 48 }, (_, index) => [`key ${index}`, index])),
  '49 keys': Object.fromEntries(Array.from({ length: 49 }, (_, index) => [`key ${index}`, index])),
  '300 keys': Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key ${index}`, index])),
  '64 levels': deep(64),
  '500 levels': deep(500),
  'class instance': new Point(1, 2),
  'class instance inside': { at: new Point(1, 2) },
  Date: new Date(1e12),
  'Date inside': { at: new Date(-1) },
  RegExp: /a+b/giu,
  Map: new Map<unknown, unknown>([
    ['a', 1],
    [{ k: 1 }, new Map()],
  ]),
  Set: new Set([1, 'a', null, NaN]),
  'boxed primitives': [Object(1), Object('s'), Object(false), Object(1n)],
  'boxed primitive': Object(-0),
  ArrayBuffer: new Uint8Array([1, 2, 3]).buffer,
  'empty ArrayBuffer': new ArrayBuffer(0),
  Uint8Array: new Uint8Array([1, 2, 3]),
  'empty Uint8Array': new Uint8Array(0),
  Int8Array: new Int8Array([-1, 2]),
  Uint8ClampedArray: new Uint8ClampedArray([255, 0]),
  Uint16Array: new Uint16Array([65_535, 1]),
  Int16Array: new Int16Array([-32_768, 1]),
  Uint32Array: new Uint32Array([2 ** 32 - 1]),
  Int32Array: new Int32Array([-1, 1]),
  Float32Array: new Float32Array([0.5, NaN, -0]),
  Float64Array: new Float64Array([0.1, Infinity]),
  BigInt64Array: new BigInt64Array([-1n, 2n ** 62n]),
  BigUint64Array: new BigUint64Array([2n ** 64n - 1n]),
  DataView: new DataView(new ArrayBuffer(4)),
  'subclass of Uint8Array': Bytes.from([1, 2]),
  'typed array of 100 KiB': new Uint32Array(25_600).fill(7),
  'typed array inside': { data: new Float64Array([1, 2]) },
  Error: new Error('plain'),
  'TypeError with cause': new TypeError('outer', { cause: { code: 5 } }),
  'subclass of an error': new FileError('where'),
  'errors inside': [new SyntaxError('a'), { e: new Error('b') }],
}

for (const [name, value] of Object.entries(CASES)) {
  test(`as structuredClone: ${name}`, (t) => {
    const expected: unknown = structuredClone(value)
    // Several times: both sides learn the keys of objects.
    for (let round = 0; round < 6; round++) {
      const actual = roundTrip(value)
      t.true(isDeepStrictEqual(actual, expected))
      if (typeof value !== 'object' || value === null) continue
      t.is(Object.getPrototypeOf(actual), Object.getPrototypeOf(expected))
      t.deepEqual(Reflect.ownKeys(actual as object), Reflect.ownKeys(expected as object))
    }
  })
}

test('an own __proto__ is an own property and not a prototype', (t) => {
  const value = roundTrip(JSON.parse('{"__proto__":{"polluted":1}}')) as Record<string, unknown>
  t.is(Object.getPrototypeOf(value), Object.prototype)
  t.is(value['polluted'], undefined)
  t.deepEqual(Object.keys(value), ['__proto__'])
})

test('an invalid Date stays one', (t) => {
  // Some versions of Node hold two invalid dates to be different.
  t.is((roundTrip(new Date(NaN)) as Date).getTime(), NaN)
  t.is((roundTrip([new Date(NaN)]) as Date[])[0]!.getTime(), NaN)
})

test('cycles', (t) => {
  const value: Record<string, unknown> = { list: [] }
  value['self'] = value
  ;(value['list'] as unknown[]).push(value)
  const copy = roundTrip(value) as typeof value
  t.is(copy['self'], copy)
  t.is((copy['list'] as unknown[])[0], copy)
})

for (const count of [2, 40]) {
  test(`a shared object stays one, among ${count} containers`, (t) => {
    const shared = { n: 1 }
    const copy = roundTrip([...Array.from({ length: count - 2 }, () => ({})), shared, shared]) as unknown[]
    t.is(copy.at(-1), copy.at(-2))
    t.deepEqual(copy.at(-1), shared)
  })
}

test('equal objects that are not one stay two', (t) => {
  const copy = roundTrip([{ n: 1 }, { n: 1 }]) as unknown[]
  t.not(copy[0], copy[1])
})

test('two views of one ArrayBuffer share it afterwards', (t) => {
  const buffer = new ArrayBuffer(16)
  const copy = roundTrip({ a: new Uint8Array(buffer, 0, 8), b: new Uint16Array(buffer, 4, 2), buffer }) as {
    a: Uint8Array
    b: Uint16Array
    buffer: ArrayBuffer
  }
  t.is(copy.a.buffer, copy.buffer)
  t.is(copy.b.buffer, copy.buffer)
  t.is(copy.b.byteOffset, 4)
  copy.a[4] = 9
  t.is(copy.b[0], 9)
})

test('a view on a part brings its whole ArrayBuffer, as structuredClone does', (t) => {
  const view = new Uint8Array([1, 2, 3, 4]).subarray(1, 3)
  const copy = roundTrip(view) as Uint8Array
  t.deepEqual([...copy], [2, 3])
  t.is(copy.byteOffset, 1)
  t.is(copy.buffer.byteLength, 4)
})

test('a resizable ArrayBuffer stays resizable, and views track it', (t) => {
  const buffer = new (ArrayBuffer as new (length: number, options: object) => ArrayBuffer)(4, { maxByteLength: 16 })
  const copy = roundTrip(new Uint8Array(buffer)) as Uint8Array & { buffer: { resize(length: number): void } }
  copy.buffer.resize(8)
  t.is(copy.length, 8)
})

test('a Buffer stays a Buffer', (t) => {
  for (const value of [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(5000, 7), Buffer.alloc(100_000, 1)]) {
    const copy = roundTrip(value) as Buffer
    t.true(Buffer.isBuffer(copy))
    t.true(copy.equals(value))
  }
  const nested = roundTrip({ a: Buffer.from('x'), b: [Buffer.from('y')], m: new Map([['z', Buffer.from('z')]]) }) as {
    a: Buffer
    b: Buffer[]
    m: Map<string, Buffer>
  }
  t.is(nested.a.toString() + nested.b[0]!.toString() + nested.m.get('z')!.toString(), 'xyz')
})

test('a Buffer from the pool takes its own bytes along and no others', (t) => {
  const secret = Buffer.from('neighbour')
  const copy = roundTrip(new Map([['b', Buffer.from('mine')]])) as Map<string, Buffer>
  t.is(copy.get('b')!.toString(), 'mine')
  t.false(Buffer.from(copy.get('b')!.buffer as ArrayBuffer).includes(secret) && copy.get('b')!.buffer !== secret.buffer)
})

test('getters are read, and one that throws is the cause of the refusal', (t) => {
  const cause = new Error('no')
  const error = t.throws(() =>
    roundTrip({
      get bad() {
        throw cause
      },
    }),
  )
  t.is((error as Error & { code?: string }).code, 'ERR_HATCHERY_DATA_CLONE')
  t.is(error?.cause, cause)
})

test('a getter may encode a value of its own', (t) => {
  const value = {
    get inner() {
      return (roundTrip({ a: [1] }) as { a: number[] }).a
    },
  }
  t.deepEqual(roundTrip(value), { inner: [1] })
})

test('an Error that leads back to itself arrives so, or is refused where V8 could not read it', (t) => {
  const direct = new Error('direct')
  direct.cause = direct
  const indirect = new Error('indirect', { cause: { list: [] as unknown[] } })
  ;(indirect.cause as { list: unknown[] }).list.push(indirect)
  const plain = roundTrip([new Error('plain', { cause: new Error('inner') })]) as [Error]
  t.is((plain[0].cause as Error).message, 'inner')
  for (const error of [direct, indirect]) {
    if (process.versions.node.startsWith('20.')) {
      t.is(
        codeOf(() => roundTrip([error])),
        'ERR_HATCHERY_DATA_CLONE',
      )
      continue
    }
    const [back] = roundTrip([error]) as [Error]
    t.is(error === direct ? back.cause : (back.cause as { list: unknown[] }).list[0], back)
  }
})
