/**
 * Cost of the codec, value by value, beside `v8.serialize` and JSON: nanoseconds to encode and to decode, best of
 * several rounds that take turns, so that a change of clock or load hits all three alike.
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
  { name: 'arguments, 2', value: ['/var/tmp/picture.jpg', { width: 200 }], json: true },
  { name: 'array of 100 objects', value: rows, json: true },
  { name: 'array of 1000 ints', value: Array.from({ length: 1000 }, (_, index) => index), json: true },
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

const ROUNDS = 7
const BUDGET = 40_000_000
let sink: unknown

/** Nanoseconds a call, over as many calls as fit the time budget. */
function time(action: () => unknown): number {
  let calls = 0
  const start = process.hrtime.bigint()
  let elapsed = 0
  do {
    for (let index = 0; index < 200; index++) sink = action()
    calls += 200
    elapsed = Number(process.hrtime.bigint() - start)
  } while (elapsed < BUDGET)
  return elapsed / calls
}

function measure(item: Case): Record<string, number> {
  const target = Buffer.allocUnsafeSlow(1 << 20)
  const end = encode(item.value, target, 0)
  const bytes = serialize(item.value)
  const text = item.json ? JSON.stringify(item.value) : ''
  const actions: Record<string, () => unknown> = {
    encode: () => encode(item.value, target, 0),
    decode: () => decode(target, 0, end),
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
      best[name] = Math.min(best[name] ?? Infinity, time(action))
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
