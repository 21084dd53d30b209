import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { decode, encode } from '../helpers/internal.js'
import { roundTrip, toMessage } from '../helpers/round-trip.js'

/** First byte of what V8's serializer wrote. */
const TAG_V8 = 15

/** Often enough that both sides know the keys, and objects are made in the quick way. */
const OFTEN = 300

test('objects of the same keys and of others by turns, however often they come', (t) => {
  const values = [
    { id: 1, name: 'a', list: [{ id: 2, name: 'b' }, { id: 3 }] },
    { name: 'a', id: 1 },
    { id: 'text', name: 0.5, list: null },
    {},
    { id: { id: { id: [] } } },
    Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`field${index}`, index])),
  ]
  for (let round = 0; round < OFTEN; round++) {
    for (const value of values) {
      const copy = roundTrip(value)
      t.deepEqual(copy, value)
      t.is(JSON.stringify(copy), JSON.stringify(value))
    }
  }
})

test('what one message held never shows in another', (t) => {
  for (let round = 0; round < OFTEN; round++) roundTrip({ secret: 'value', list: [1] })
  const one = roundTrip({ secret: 1, list: [] }) as Record<string, unknown>
  const other = roundTrip({ secret: 2, list: [] }) as Record<string, unknown>
  one['secret'] = 3
  ;(one['list'] as unknown[]).push(4)
  t.deepEqual(other, { secret: 2, list: [] })
})

test('far more shapes than are kept', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.integer(), { maxKeys: 5 }), (value) => {
      const expected = structuredClone(value)
      for (let round = 0; round < 3; round++) t.deepEqual(roundTrip(value), expected)
    }),
    { numRuns: 3000 },
  )
})

test('a message at any offset', (t) => {
  const value = {
    id: 1,
    list: [
      { x: 1, y: 0.5 },
      { x: 2, y: 'žz' },
    ],
    name: 'some name',
  }
  const target = Buffer.alloc(256)
  const bytes = new Uint8Array(300)
  for (let round = 0; round < 10; round++) {
    for (let offset = 0; offset < 9; offset++) {
      const end = encode(value, target, offset)
      t.deepEqual(decode(target, offset, end - offset), value)
      for (let shift = 0; shift < 9; shift++) {
        const moved = bytes.subarray(shift)
        moved.set(target.subarray(offset, end), 3)
        t.deepEqual(decode(moved, 3, end - offset), value)
      }
    }
  }
})

test('a getter that deletes or adds keys: a clone of the object as it was or as it is', (t) => {
  const make = (act: (value: Record<string, unknown>) => void) => {
    const value: Record<string, unknown> = {}
    let acted = false
    Object.defineProperty(value, 'a', {
      enumerable: true,
      get: () => {
        // Once only: what encodes may read it again.
        if (!acted) act(value)
        acted = true
        return 1
      },
    })
    return Object.assign(value, { b: 2, c: 3 })
  }
  const acts: ((value: Record<string, unknown>) => void)[] = [
    (value) => delete value['b'],
    (value) => delete value['c'],
    (value) => {
      value['d'] = 4
    },
  ]
  for (let round = 0; round < 10; round++) {
    roundTrip({ a: 1, b: 2, c: 3 })
    for (const act of acts) {
      const value = make(act)
      const copy = roundTrip(value)
      // As it was when the getter was first read, or as it is since: what encodes may read it twice.
      t.true([structuredClone(make(act)), { ...value }].some((expected) => isDeepStrictEqual(copy, expected)))
    }
  }
})

test.serial('what all objects inherit is not theirs', (t) => {
  const polluted = Object.prototype as unknown as Record<string, unknown>
  for (let round = 0; round < 5; round++) roundTrip({ own: 1, inherited: 2 })
  Object.defineProperty(polluted, 'inherited', { value: 'no', enumerable: true, configurable: true, writable: true })
  try {
    for (let round = 0; round < 5; round++) {
      t.deepEqual(Object.keys(roundTrip({ own: 1 }) as object), ['own'])
      t.deepEqual(Object.keys(roundTrip({ own: 1, inherited: 2 }) as object), ['own', 'inherited'])
      t.deepEqual(Object.keys(roundTrip([{ own: 1 }]) as object), ['0'])
    }
  } finally {
    delete polluted['inherited']
  }
})

test('keys that turn out to be others only after many containers, and what is shared among them', (t) => {
  const shared = { s: 1 }
  const lists = (last: string) =>
    Array.from({ length: 30 }, (_, index) => ({
      id: index,
      list: [{ x: index }, [index]],
      [index === 29 ? last : 'z']: 1,
    }))
  for (let round = 0; round < 20; round++) {
    for (const value of [lists('z'), lists('y'), { a: lists('x'), b: lists('y') }]) {
      t.deepEqual(roundTrip(value), value)
      // Taking a guess back leaves nothing behind that looks like a shared container, which only V8 can carry.
      t.not(toMessage(value)[0], TAG_V8)
    }
    const value = [...lists('w'), { id: 1, list: [shared, [shared]], y: 2 }]
    const copy = roundTrip(value) as typeof value
    t.deepEqual(copy, value)
    const [first, second] = copy.at(-1)!.list as [object, object[]]
    t.is(first, second[0]!)
  }
})

test('a shared object among any number of containers, at any place', (t) => {
  for (let count = 3; count < 200; count += 3) {
    const shared = { n: 1 }
    const value: object[] = Array.from({ length: count }, (_, index) => ({ index }))
    value[count >> 1] = shared
    value[count - 1] = { again: shared }
    const copy = roundTrip(value) as object[]
    t.is((copy[count - 1] as { again: object }).again, copy[count >> 1]!)
  }
})

test('a graph whose paths are beyond number', (t) => {
  let node: unknown = 'leaf'
  for (let level = 0; level < 60; level++) node = [node, node]
  const copy = roundTrip(node) as unknown[]
  t.is(copy[0], copy[1])
})

test('typed arrays within: kind and content, and buffers that are shared stay so', (t) => {
  const value = { floats: new Float64Array([0.1, -0]), bytes: new Uint8Array(300).fill(7), empty: new Int8Array(0) }
  t.deepEqual(roundTrip(value), value)
  const buffer = new ArrayBuffer(8)
  const pair = roundTrip([new Uint8Array(buffer), new Float64Array(buffer)]) as [Uint8Array, Float64Array]
  t.is(pair[0].buffer, pair[1].buffer)
  const same = new Uint8Array(4)
  const twice = roundTrip({ a: same, b: same }) as { a: Uint8Array; b: Uint8Array }
  t.is(twice.a, twice.b)
})

test('long arrays with holes and with properties of their own', (t) => {
  const long = Array.from({ length: 500 }, (_, index) => index)
  t.deepEqual(roundTrip(long), long)
  t.deepEqual(Reflect.ownKeys(roundTrip(Object.assign(long.slice(), { extra: 1 })) as object).length, 502)
  const hole = long.slice()
  delete hole[250]
  t.false(250 in (roundTrip(hole) as unknown[]))
  t.deepEqual(roundTrip(Array.from({ length: 500 }, () => undefined)), new Array(500).fill(undefined))
})
