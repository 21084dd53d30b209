/** Changes to an input, of the kinds that libFuzzer and AFL make. */
import type { Random } from '../../__test__/chaos/random.js'

/** At the borders of what lengths and counts can be. */
const BORDERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer

/** From and to, in order, not beyond `length`. */
function range(random: Random, length: number): [number, number] {
  const from = random.below(length + 1)
  return [from, from + random.below(Math.min(length - from, 64) + 1)]
}

const MUTATIONS: readonly Mutation[] = [
  function setByte(bytes, random) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256)
    return bytes
  },
  function flipBit(bytes, random) {
    const at = random.below(bytes.length)
    if (bytes.length > 0) bytes[at] = bytes[at]! ^ (1 << random.below(8))
    return bytes
  },
  function putBorder(bytes, random) {
    const width = [1, 2, 4][random.below(3)]!
    if (bytes.length < width) return bytes
    const border = BORDERS[random.below(BORDERS.length)]!
    bytes.writeUIntLE(border % 2 ** (8 * width), random.below(bytes.length - width + 1), width)
    return bytes
  },
  function remove(bytes, random) {
    const [from, to] = range(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
  },
  function repeat(bytes, random) {
    const [from, to] = range(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
  },
  function insert(bytes, random) {
    const at = random.below(bytes.length + 1)
    const added = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256)))
    return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)])
  },
  function splice(bytes, random, other) {
    const [from, to] = range(random, other.length)
    const at = random.below(bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)])
  },
]

/** A new input from an old one; `other` lends parts of itself. */
export function mutate(bytes: Buffer, random: Random, other: Buffer, longest: number): Buffer {
  let changed: Buffer = Buffer.from(bytes)
  for (let count = 1 + random.below(4); count > 0; count--) {
    changed = MUTATIONS[random.below(MUTATIONS.length)]!(changed, random, other)
  }
  return changed.subarray(0, longest)
}
