import { putSection, type Shape, sectionSize } from './shape.js'

/** A shape as the encoder knows it. */
export interface WrittenShape extends Shape {
  /** Shapes of the objects that came after the last ones of this shape: most likely one of them does so again. */
  next: WrittenShape
  other: WrittenShape
}

/** Shapes known at most, and with one first key at most; bounds for programs that make up keys as they go. */
const MAX_SHAPES = 1024
const MAX_ALIKE = 16

/** Shapes by their first key. */
const known = new Map<string, WrittenShape[]>()
let count = 0

/** Hashes of key lists seen once. Only what comes again gets a shape. */
const SEEN = 1024
const seen = new Int32Array(SEEN)

function makeShape(names: readonly string[], section: Int32Array): WrittenShape {
  const shape = { keys: names, section } as { -readonly [Key in keyof WrittenShape]: WrittenShape[Key] }
  shape.next = shape
  shape.other = shape
  return shape
}

/** A shape that no object has. */
const none = makeShape([], new Int32Array(0))
let previous = none

/**
 * The shape that an object most likely has, going by the objects before it and by its first key; undefined if there is
 * none. The prototype must have nothing to enumerate.
 */
export function expectedShape(value: object): WrittenShape | undefined {
  const { next, other } = previous
  for (const first in value) {
    const guess = first === next.keys[0] ? next : other
    if (first !== guess.keys[0]) return undefined
    previous = guess
    return guess
  }
  return undefined
}

/** The shape of the object before: what {@link expectedShape} goes by. */
export function previousShape(): WrittenShape {
  return previous
}

/** Takes back what {@link expectedShape} expected in vain, with all that followed. */
export function retractShape(before: WrittenShape): void {
  previous = before
}

/** The shape for these keys, or undefined if there is none (yet). */
export function findShape(names: readonly string[]): WrittenShape | undefined {
  const first = names[0]
  if (first === undefined) return undefined
  const alike = known.get(first)
  const found = alike?.find(({ keys }) => sameKeys(keys, names)) ?? addShape(names, alike)
  if (found === undefined) return undefined
  if (previous.next !== found) {
    previous.other = previous.next
    previous.next = found
  }
  previous = found
  return found
}

function sameKeys(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index]) return false
  }
  return true
}

function addShape(names: readonly string[], alike: WrittenShape[] | undefined): WrittenShape | undefined {
  if (alike !== undefined && alike.length === MAX_ALIKE) return undefined
  const hash = hashOf(names)
  const slot = hash & (SEEN - 1)
  if (seen[slot] !== hash) {
    seen[slot] = hash
    return undefined
  }
  const size = sectionSize(names)
  if (size === 0) return undefined
  if (count === MAX_SHAPES) forgetShapes()
  const bytes = new Uint8Array(size)
  putSection(names, size, bytes, 0)
  const shape = makeShape(names, new Int32Array(bytes.buffer))
  const list = known.get(names[0]!)
  if (list === undefined) known.set(names[0]!, [shape])
  else list.push(shape)
  count++
  return shape
}

function hashOf(names: readonly string[]): number {
  let hash = names.length
  for (const name of names) {
    hash = (Math.imul(hash, 31) + name.length) | 0
    if (name.length > 0) hash = (Math.imul(hash, 31) + name.charCodeAt(0) + name.charCodeAt(name.length - 1) * 7) | 0
  }
  return hash | 1
}

function forgetShapes(): void {
  known.clear()
  count = 0
  previous = none
  none.next = none
  none.other = none
}
