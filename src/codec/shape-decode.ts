import { badEncoding } from './bad-encoding.js'
import { takeKey } from './keys.js'
import { makeObjectBuilder, makeTemplate, type ObjectBuilder } from './object-builder.js'
import { isPlainKey, SECTION_HEADER, type Shape } from './shape.js'

/** A shape as the decoder knows it. */
export interface ReadShape extends Shape {
  /** Shapes of the objects that came after the last ones of this shape: most likely one of them does so again. */
  next: ReadShape
  other: ReadShape
  template: Record<string, unknown>
  build: ObjectBuilder | undefined
  /** Objects still to come before a builder is worth its making. */
  patience: number
}

/** Slots of the table, a power of two. A newcomer replaces what was there, so what may be kept is bounded. */
const SLOTS = 512
/** Making a builder takes about as long as this many objects without one. */
const PATIENCE = 200

const table: (ReadShape | undefined)[] = new Array<ReadShape | undefined>(SLOTS).fill(undefined)
/** Hashes of sections seen once. Only what comes again gets a shape. */
const seen = new Int32Array(SLOTS)

const none: ReadShape = makeShape([], new Int32Array([0]))
let previous = none

function makeShape(keys: readonly string[], section: Int32Array): ReadShape {
  const shape = { keys, section, template: {}, build: undefined, patience: PATIENCE } as unknown as ReadShape
  shape.next = shape
  shape.other = shape
  return shape
}

function equals(section: Int32Array, words: Int32Array, at: number): boolean {
  const length = section.length
  for (let index = 0; index < length; index++) {
    if (section[index] !== words[at + index]) return false
  }
  return true
}

/**
 * The shape of the section at word `at`, or undefined if its keys are to be read one by one. The caller has checked
 * that `length` words, as the section itself says, lie within the message.
 */
export function readShape(words: Int32Array, at: number, length: number): ReadShape | undefined {
  const { next, other } = previous
  if (next.section[0] === words[at] && equals(next.section, words, at)) previous = next
  else if (other.section[0] === words[at] && equals(other.section, words, at)) previous = other
  else return findShape(words, at, length)
  return previous
}

function findShape(words: Int32Array, at: number, length: number): ReadShape | undefined {
  let hash = 0
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ words[at + index]!, 0x9e3779b1) | 0
  hash ^= hash >>> 15
  const slot = hash & (SLOTS - 1)
  let shape = table[slot]
  if (shape === undefined || shape.section.length !== length || !equals(shape.section, words, at)) {
    if (seen[slot] !== hash) {
      seen[slot] = hash
      return undefined
    }
    shape = parseShape(words.slice(at, at + length))
    if (shape === undefined) return undefined
    table[slot] = shape
  }
  if (previous.next !== shape) {
    previous.other = previous.next
    previous.next = shape
  }
  previous = shape
  return shape
}

/** A shape from bytes that anybody may have written. */
function parseShape(section: Int32Array): ReadShape | undefined {
  const keys = takeKeys(new Uint8Array(section.buffer), 0, section.length * 4)
  return keys.every(isPlainKey) ? makeShape(keys, section) : undefined
}

/**
 * The keys of the section in `length` bytes at `offset`.
 *
 * @throws ERR_HATCHERY_BAD_ENCODING
 */
export function takeKeys(source: Uint8Array, offset: number, length: number): string[] {
  const end = offset + length
  const count = length > SECTION_HEADER ? source[offset + 2]! : 0
  const keys: string[] = []
  let at = offset + SECTION_HEADER
  for (let index = 0; index < count; index++) {
    const size = at < end ? source[at]! : length
    at += 1 + size
    if (at > end) throw badEncoding('keys')
    keys.push(takeKey(source, at - size, size))
  }
  if (count === 0 || end - at >= 4) throw badEncoding('keys')
  return keys
}

/** The builder of a shape that has come often enough. */
export function builderOf(shape: ReadShape): ObjectBuilder | undefined {
  if (shape.patience > 0 && --shape.patience === 0) {
    shape.template = makeTemplate(shape.keys)
    shape.build = makeObjectBuilder()
  }
  return shape.build
}
