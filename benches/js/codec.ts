/**
 * Cost of the codec, value by value, beside `v8.serialize` and JSON: nanoseconds to encode and to decode. Batches of a
 * fifth of a millisecond take turns and the best counts, so that neither a change of clock nor the load of the machine
 * favours one.
 *
 * Usage: node codec.js [--json]
 */
import { deserialize, serialize } from 'node:v8'
import { decode, encode } from '../../src/codec/index.js'

interface Case {
  readonly name: string
  readonly value: unknown
  /** JSON cannot carry every value. */
  readonly json: boolean
}

const rows = Array.from({ length: 100 }, (_, id) => ({
  id,
  name: `row ${id}`,
  price: id * 1.5,
  tags: ['a', 'b'],
  on: true,
}))

const CASES: readonly Case[] = [
  { name: 'undefined', value: undefined, json: false },
  { name: 'int', value: 12_345, json: true },
  { name: 'float', value: 0.1, json: true },
  { name: 'string 20', value: Buffer.from('the quick brown fox.').toString('latin1'), json: true },
  { name: 'string 1 KiB', value: 'x'.repeat(1024), json: true },
  { name: 'utf-16 string 20', value: 'příliš žluťoučký kůň', json: true },
  {
    name: 'object, 6 fields',
    value: { id: 7, name: 'resize', width: 200, height: 100, ratio: 0.5, ok: true },
    json: true,
  },
  {
    name: 'object, list inside',
    value: { id: 12_345, name: 'some name here', active: true, score: 0.5, tags: ['a', 'b'], parent: null },
    json: true,
  },
  {
    name: 'object, nested',
    value: {
      user: { id: 1, name: 'x y' },
      items: [
        { sku: 'abc', count: 2 },
        { sku: 'def', count: 3 },
      ],
      at: new Date(1e12),
    },
    json: true,
  },
  { name: 'object, 100 keys', value: Object.fromEntries(rows.map(({ name }, id) => [name, id])), json: true },
  { name: 'arguments, 2', value: ['/var/tmp/picture.jpg', { width: 200 }], json: true },
  { name: 'array of 100 objects', value: rows, json: true },
  { name: 'array of 1000 ints', value: Array.from({ length: 1000 }, (_, index) => index), json: true },
  { name: 'array of 1000 floats', value: Array.from({ length: 1000 }, (_, index) => index + 0.5), json: true },
  { name: 'array of 100 strings', value: rows.map(({ id }) => `string number ${id}`), json: true },
  { name: 'object of a typed array', value: { data: new Float64Array(8), offset: 1 }, json: false },
  { name: 'Buffer 4 KiB', value: Buffer.alloc(4096, 7), json: false },
  { name: 'Float64Array 512', value: new Float64Array(512), json: false },
  {
    name: 'Map of 3',
    value: new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]),
    json: false,
  },
]

const ROUNDS = 60
/** Nanoseconds a batch takes, about: less than the time slice that the kernel gives. */
const BATCH = 200_000
let sink: unknown

/** Nanoseconds a call, over `calls` calls. */
function time(action: () => unknown, calls: number): number {
  const start = process.hrtime.bigint()
  for (let index = 0; index < calls; index++) sink = action()
  return Number(process.hrtime.bigint() - start) / calls
}

function measure(item: Case): Record<string, number> {
  const target = Buffer.allocUnsafeSlow(1 << 20)
  for (let index = 0; index < 1000; index++) sink = decode(target, 0, encode(item.value, target, 0))
  const end = encode(item.value, target, 0)
  const message = Uint8Array.from(target.subarray(0, end))
  const bytes = serialize(item.value)
  const text = item.json ? JSON.stringify(item.value) : ''
  const actions: Record<string, () => unknown> = {
    encode: () => encode(item.value, target, 0),
    decode: () => decode(message, 0, end),
    'v8.serialize': () => serialize(item.value),
    'v8.deserialize': () => deserialize(bytes),
    ...(item.json && {
      'JSON.stringify': () => JSON.stringify(item.value),
      'JSON.parse': () => JSON.parse(text) as unknown,
    }),
  }
  const best: Record<string, number> = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, action] of Object.entries(actions)) {
      const known = best[name] ?? 2000
      best[name] = Math.min(best[name] ?? Infinity, time(action, Math.max(3, Math.round(BATCH / known))))
    }
  }
  return best
}

// All cases once, so that every later figure is of code that has seen more than one type.
for (const item of CASES) measure(item)
const results = CASES.map((item) => ({ name: item.name, ...measure(item) }))
if (process.argv.includes('--json')) {
  console.log(JSON.stringify(results, null, 2))
} else {
  console.table(
    Object.fromEntries(
      results.map(({ name, ...figures }) => [
        name,
        Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Number((value as number).toFixed(1))])),
      ]),
    ),
  )
}

export { sink }
