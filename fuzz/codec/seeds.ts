/** Values to begin with: one of each kind that the codec knows. */
import { encode, encodeLarge } from '../../src/codec/index.js'
import { encodeError } from '../../src/errors/index.js'

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  -5,
  0.5,
  7n,
  2n ** 70n,
  'text',
  'žlutý',
  new Date(5),
  Buffer.from('bytes'),
  new Float64Array(4),
  new Uint16Array(3),
  new ArrayBuffer(5),
  { a: 1, b: ['x', { c: 2.5 }, Buffer.from('z')], ž: null },
  { n: Array.from({ length: 20 }, (_, index) => index), f: new Array(20).fill(0.5) },
  Array.from({ length: 12 }, (_, index) => ({ index, name: `n${index}` })),
  new Map<unknown, unknown>([['a', new Uint8Array(5)]]),
  new Set([1n, 2]),
  /x+/g,
  new Error('e'),
  [Object(1), new DataView(new ArrayBuffer(4))],
  Object.assign(new Array(4), { 0: 'sparse' }),
  encodeError(new TypeError('m', { cause: new AggregateError([1, new RangeError('r')], 'a') })),
  encodeError({ thrown: 'no error' }),
]

/** Their messages. */
export function seeds(): Buffer[] {
  const target = Buffer.alloc(4096)
  return VALUES.map((value) => {
    const end = encode(value, target, 0)
    return Buffer.from(end < 0 ? encodeLarge(value) : target.subarray(0, end))
  })
}
