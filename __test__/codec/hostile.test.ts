import test from 'ava'
import fc from 'fast-check'
import { decode, decodeError, decodeOwned, encodeError } from '../helpers/internal.js'
import { codeOf, toMessage } from '../helpers/round-trip.js'

const BAD = 'ERR_HATCHERY_BAD_ENCODING'

/** Undefined if `bytes` decode to a value or are refused in the one way there is; otherwise what went wrong. */
function complaint(bytes: Uint8Array): unknown {
  const code = codeOf(() => decode(bytes, 0, bytes.length))
  return code === undefined || code === BAD ? undefined : code
}

const HONEST: unknown[] = [
  'text',
  'žlutý',
  5,
  0.5,
  7n,
  { a: 1, b: ['x', { c: 2.5 }, Buffer.from('z')], ž: null },
  new Float64Array(4),
  { n: Array.from({ length: 20 }, (_, index) => index), f: new Array(20).fill(0.5), v: new Uint16Array(3) },
  new Map<unknown, unknown>([
    ['a', new Uint8Array(5)],
    ['b', Buffer.from('q')],
  ]),
  new Date(5),
  Array.from({ length: 40 }, (_, index) => ({ index })),
  new Error('e'),
  /x+/g,
  new Set([1n, 2]),
  encodeError(new TypeError('m', { cause: 1 })),
  [Object(1), new DataView(new ArrayBuffer(4))],
]

test('random bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => complaint(bytes) === undefined),
    { numRuns: 5000 },
  )
  t.pass()
})

test('random bytes behind every tag', (t) => {
  const message = fc.tuple(fc.nat({ max: 24 }), fc.uint8Array({ maxLength: 60 }))
  fc.assert(
    fc.property(message, ([tag, rest]) => complaint(Uint8Array.of(tag, ...rest)) === undefined),
    { numRuns: 20_000 },
  )
  t.pass()
})

test('honest messages with bytes changed, cut off and added', (t) => {
  const edit = fc.record({
    which: fc.nat({ max: HONEST.length - 1 }),
    changes: fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 4 }),
    cut: fc.nat({ max: 20 }),
    added: fc.uint8Array({ maxLength: 3 }),
  })
  fc.assert(
    fc.property(edit, ({ which, changes, cut, added }) => {
      const message = toMessage(HONEST[which])
      for (const [at, byte] of changes) message[at % message.length] = byte
      return complaint(Buffer.concat([message.subarray(0, Math.max(0, message.length - cut)), added])) === undefined
    }),
    { numRuns: 30_000 },
  )
  t.pass()
})

test('every truncation of a plain message is refused', (t) => {
  const message = toMessage({ a: 1000, b: ['x', { c: 2.5 }, Buffer.from('z'), 5n, new Date(0)], ž: 'ž' })
  for (let length = 0; length < message.length; length++) {
    t.is(
      codeOf(() => decode(message, 0, length)),
      BAD,
    )
  }
})

test('lengths beyond the message', (t) => {
  const bytes = Buffer.alloc(16)
  for (const [offset, length] of [
    [0, 0],
    [0, 17],
    [16, 1],
    [-1, 2],
    [0, -1],
    [8, 9],
    [0, NaN],
  ] as const) {
    t.is(
      codeOf(() => decode(bytes, offset, length)),
      BAD,
    )
  }
})

test('counts that claim more than there is allocate nothing of the sort', (t) => {
  const before = process.memoryUsage().rss
  for (const tag of [6, 7, 10, 13, 14, 16, 18, 19]) {
    // An array of one element whose count or length claims 4 GiB.
    t.is(
      codeOf(() => decode(Buffer.from([13, 1, tag, 255, 255, 255, 255, 255]), 0, 8)),
      BAD,
    )
  }
  t.true(process.memoryUsage().rss - before < 200e6)
})

test('nesting without end', (t) => {
  const arrays = Buffer.alloc(100_000)
  for (let at = 0; at < arrays.length; at += 2) arrays.set([13, 1], at)
  t.is(
    codeOf(() => decode(arrays, 0, arrays.length)),
    BAD,
  )
  // The same in V8's format: version, then dense arrays of one.
  const structured = Buffer.alloc(300_000, Buffer.from([0x41, 1]))
  structured.set([15, 0xff, 15])
  t.is(
    codeOf(() => decode(structured, 0, structured.length)),
    BAD,
  )
})

test('keys that mean something to prototypes', (t) => {
  const message = toMessage(JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}'))
  const value = decode(message, 0, message.length)
  t.is(Object.getPrototypeOf(value), Object.prototype)
  t.is(({} as Record<string, unknown>)['x'], undefined)
})

/** Often enough that the section of keys is known, and objects of it are made in the quick way. */
const OFTEN = 300

function section(...keys: string[]): number[] {
  const bytes = [14, 0, keys.length, ...keys.flatMap((key) => [key.length, ...Buffer.from(key, 'latin1')])]
  while (bytes.length % 4 !== 0) bytes.push(0)
  bytes[1] = bytes.length / 4
  return bytes
}

test('sections of keys that no encoder writes: a plain object or a refusal, however often they come', (t) => {
  const prototype = section('__proto__', 'toString')
  const twice = section('a', 'b', 'a')
  const numbers = section('b', '1', 'a', '0')
  for (let round = 0; round < OFTEN; round++) {
    const odd = decode(Buffer.from([...prototype, 13, 0, 129]), 0, prototype.length + 3) as object
    t.is(Object.getPrototypeOf(odd), Object.prototype)
    t.deepEqual(Object.entries(odd), [
      ['__proto__', []],
      ['toString', 1],
    ])
    t.deepEqual(decode(Buffer.from([...twice, 129, 130, 131]), 0, twice.length + 3), { a: 3, b: 2 })
    const mixed = decode(Buffer.from([...numbers, 129, 130, 131, 132]), 0, numbers.length + 4) as object
    t.deepEqual(Object.keys(mixed), ['0', '1', 'b', 'a'])
  }
  const bad = [
    [14, 0, 1, 0, 129],
    [14, 1, 0, 0],
    [14, 1, 1, 1, 129],
    [14, 2, 1, 0, 0, 0, 0, 0, 129],
    [14, 2, 1, 5, 97, 97, 97, 97, 129],
    [14, 255, 1, 1, 97, 0, 0, 0, 129],
    [17, 17, 17, 17],
    [18, 2, 0, 0, 1, 0, 0, 0],
    [19, 1, 0, 0, 1, 0, 0, 0],
    [19, 255, 255, 255],
    [13, 1, 11, 9, 3, 0, 0, 0],
    [13, 1, 11, 99, 0],
    [13, 1, 17, 129],
    [13, 1, 17, 17],
  ]
  for (let round = 0; round < OFTEN; round++) {
    for (const bytes of bad) {
      t.is(
        codeOf(() => decode(Buffer.from(bytes), 0, bytes.length)),
        BAD,
        String(bytes),
      )
    }
  }
})

test('a message that ends between two values of a known section is refused', (t) => {
  const value = { first: 1, second: { third: [2], fourth: 'x' } }
  const message = toMessage(value)
  for (let round = 0; round < OFTEN; round++) t.deepEqual(decode(message, 0, message.length), value)
  for (let length = 0; length < message.length; length++) {
    t.is(
      codeOf(() => decode(message, 0, length)),
      BAD,
    )
  }
  t.deepEqual(decode(message, 0, message.length), value)
})

test('decodeError: whatever the value, an outcome or a refusal', (t) => {
  const part = fc.oneof(
    fc.anything(),
    fc.constant('Error'),
    fc.constant('HatcheryError'),
    fc.constant('AggregateError'),
  )
  const encoded = fc.oneof(
    fc.anything(),
    fc.record({
      error: fc.record(
        {
          base: part,
          type: part,
          name: part,
          message: part,
          stack: part,
          properties: fc.oneof(
            part,
            fc.array(
              fc.tuple(
                fc.oneof(fc.string(), fc.constant('__proto__')),
                fc.oneof(part, fc.record({ value: part })),
                fc.oneof(fc.boolean(), part),
              ),
            ),
          ),
          cause: part,
          errors: part,
        },
        { requiredKeys: [] },
      ),
    }),
    fc.record({
      error: fc.record({
        base: fc.constantFrom('Error', 'TypeError', 'DOMException', 'HatcheryError', 'AggregateError', 'Object'),
        type: fc.string(),
        name: fc.string(),
        message: fc.string(),
        stack: fc.string(),
        properties: fc.array(
          fc.tuple(
            fc.constantFrom('__proto__', 'code', 'constructor', 'toString', 'x'),
            fc.record({ value: part }),
            fc.boolean(),
          ),
        ),
      }),
    }),
  )
  fc.assert(
    fc.property(encoded, (value) => {
      const code = codeOf(() => decodeError(value))
      return (code === undefined || code === BAD) && Object.getPrototypeOf(Error.prototype) === Object.prototype
    }),
    { numRuns: 5000 },
  )
  t.pass()
})

test('decodeError: causes without end', (t) => {
  const error = (cause: unknown) => ({
    error: { base: 'Error', type: '', name: '', message: '', stack: '', properties: [], cause },
  })
  let chain: unknown = { value: 1 }
  for (let depth = 0; depth < 50_000; depth++) chain = error(chain)
  t.is(
    codeOf(() => decodeError(chain)),
    BAD,
  )
})

test('padding in front of a message is passed over, and is not endless', (t) => {
  const message = Buffer.from([10, 1, 2, 3])
  for (let count = 0; count <= 15; count++) {
    const padded = Buffer.concat([Buffer.alloc(count, 17), message])
    t.deepEqual(decode(padded, 0, padded.length), Buffer.from([1, 2, 3]))
    t.deepEqual(decodeOwned(padded), Buffer.from([1, 2, 3]))
  }
  for (const damaged of [Buffer.alloc(1, 17), Buffer.alloc(16, 17), Buffer.concat([Buffer.alloc(16, 17), message])]) {
    t.throws(() => decode(damaged, 0, damaged.length), { code: 'ERR_HATCHERY_BAD_ENCODING' })
    t.throws(() => decodeOwned(damaged), { code: 'ERR_HATCHERY_BAD_ENCODING' })
  }
})
