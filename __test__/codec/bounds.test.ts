import test from 'ava'
import { decode, decodeOwned, encode, encodeLarge } from '../helpers/internal.js'

const VALUES: unknown[] = [
  undefined,
  null,
  true,
  7,
  0.5,
  'short',
  'a string of more than twenty-four units',
  'žluťoučký',
  5n,
  2n ** 70n,
  { a: 1, b: 'two', c: [1, 2.5, null, undefined, true, 'ž', 9n, new Date(0), Buffer.from('bytes')] },
  Array.from({ length: 300 }, (_, index) => ({ index })),
  Array.from({ length: 20 }, (_, index) => index * 1000),
  { numbers: Array.from({ length: 20 }, (_, index) => index + 0.5) },
  Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key ${index}`, index])),
  Buffer.from('bytes'),
  new Float64Array(3),
  new ArrayBuffer(8),
  new Date(0),
  new Map([[1, 2]]),
  { ['k'.repeat(260)]: { ž: 'x'.repeat(300) } },
]

test('encode never writes at or past the limit, and returns -1 below the size it needs', (t) => {
  for (const value of VALUES) {
    const target = Buffer.alloc(16_384)
    const end = encode(value, target, 8)
    t.true(end > 8)
    t.is(encode(value, target, 8, end), end)
    for (let limit = 0; limit < end; limit += limit < 300 ? 1 : 37) {
      target.fill(0xee)
      t.is(encode(value, target, 8, limit), -1)
      t.true(target.subarray(Math.max(8, limit)).every((byte) => byte === 0xee))
      t.true(target.subarray(0, 8).every((byte) => byte === 0xee))
    }
  }
})

test('small numbers that do not fit as words are written one by one', (t) => {
  const value = Array.from({ length: 60 }, (_, index) => index)
  const target = Buffer.alloc(400)
  t.true(encode(value, target, 0) > 200)
  const end = encode(value, target, 0, 88)
  t.true(end > 0 && end <= 88)
  t.deepEqual(decode(target, 0, end), value)
})

test('encodeLarge gives the message that encode would', (t) => {
  for (const value of VALUES) {
    const target = Buffer.alloc(16_384)
    const end = encode(value, target, 0)
    t.deepEqual(Buffer.from(encodeLarge(value)), target.subarray(0, end))
  }
})

test('encodeLarge after encode found no room, for values of all sizes', (t) => {
  const values: unknown[] = [
    'x'.repeat(1e6),
    'ž'.repeat(1e6),
    Buffer.alloc(1e6, 1),
    new Map([['k', 'v'.repeat(1e6)]]),
    Array.from({ length: 50_000 }, (_, index) => ({ index, text: `row ${index}` })),
  ]
  for (const value of values) {
    t.is(encode(value, Buffer.alloc(1000), 0), -1)
    const message = encodeLarge(value)
    t.deepEqual(decode(message, 0, message.length), value)
  }
})

test('what did not fit is never mistaken for another value', (t) => {
  t.is(encode(new Set([1]), Buffer.alloc(1), 0), -1)
  const message = encodeLarge(new Set([2]))
  t.deepEqual(decode(message, 0, message.length), new Set([2]))
})

test('a changed value is encoded as it is now', (t) => {
  const value = new Map([['a', 1]])
  const target = Buffer.alloc(200)
  t.true(encode(value, target, 0) > 0)
  value.set('b', 2)
  const end = encode(value, target, 0)
  t.deepEqual(decode(target, 0, end), value)
})

test('decodeOwned: a Buffer is a window on the memory handed over, other views are copies', (t) => {
  const message = encodeLarge(Buffer.from('window'))
  const window = decodeOwned(message) as Buffer
  t.is(window.buffer, message.buffer)
  t.is(window.toString(), 'window')
  const array = decodeOwned(encodeLarge(new Float64Array([1, 2]))) as Float64Array
  t.is(array.buffer.byteLength, 16)
  t.deepEqual(decodeOwned(encodeLarge({ a: 1 })), { a: 1 })
})

test('a plain Uint8Array serves as target and source', (t) => {
  for (const value of VALUES) {
    const target = new Uint8Array(16_384)
    const end = encode(value, target, 0)
    t.deepEqual(decode(target, 0, end), value)
  }
})
