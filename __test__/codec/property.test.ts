import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { roundTrip } from '../helpers/round-trip.js'

const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 60 }),
  // Any code units at all, lone surrogates included.
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
)

const scalar = fc.oneof(
  anyString,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.constant(-0),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.date({ noInvalidDate: true }),
)

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 8 }),
    fc.dictionary(anyString, tie('tree'), { maxKeys: 8 }),
  ),
}))

const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
  withNullPrototype: true,
  withUnicodeString: true,
})

/** As structuredClone. Some versions of Node hold two invalid dates to be different: such values prove nothing. */
function agrees(value: unknown): boolean {
  const expected: unknown = structuredClone(value)
  fc.pre(isDeepStrictEqual(expected, structuredClone(value)))
  return isDeepStrictEqual(roundTrip(value), expected)
}

test('plain trees come back as structuredClone makes them', (t) => {
  fc.assert(fc.property(tree, agrees), { numRuns: 2000 })
  t.pass()
})

test('anything at all comes back as structuredClone makes it', (t) => {
  fc.assert(fc.property(anything, agrees), { numRuns: 2000 })
  t.pass()
})

test('strings come back unit for unit', (t) => {
  fc.assert(
    fc.property(anyString, (value) => roundTrip(value) === value),
    { numRuns: 2000 },
  )
  t.pass()
})

test('numbers come back bit for bit', (t) => {
  fc.assert(
    fc.property(fc.double(), (value) => Object.is(roundTrip(value), value)),
    { numRuns: 2000 },
  )
  t.pass()
})

test('shared references come back shared', (t) => {
  const graph = fc.array(fc.nat({ max: 5 }), { minLength: 2, maxLength: 30 })
  fc.assert(
    fc.property(graph, (edges) => {
      const nodes = Array.from({ length: 6 }, (_, id) => ({ id }))
      const copy = roundTrip(edges.map((edge) => nodes[edge])) as object[]
      return edges.every((edge, index) => edges.every((other, at) => (edge === other) === (copy[index] === copy[at])))
    }),
  )
  t.pass()
})
