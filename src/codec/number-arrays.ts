import { takeFloat64, takeInt32 } from './number.js'

/** From here on an array of numbers travels as words, a quarter of the steps of one value after the other. */
export const MANY_NUMBERS = 16
/** Elements that a count of three bytes can tell. */
export const MOST_NUMBERS = 0xff_ffff

const { is } = Object
const cell = new Float64Array(1)
const halves = new Int32Array(cell.buffer)

/** Writes `count` elements at word `at`. False if one is no integer of 32 bits; some are written then. */
export function putInt32s(array: readonly unknown[], count: number, words: Int32Array, at: number): boolean {
  for (let index = 0; index < count; index++) {
    const element = array[index]
    if (typeof element !== 'number' || !is(element | 0, element)) return false
    words[at + index] = element
  }
  return true
}

/** Writes `count` elements, two words each, at word `at`. False if one is no number; some are written then. */
export function putFloat64s(array: readonly unknown[], count: number, words: Int32Array, at: number): boolean {
  for (let index = 0; index < count; index++) {
    const element = array[index]
    if (typeof element !== 'number') return false
    cell[0] = element
    words[at + index * 2] = halves[0]!
    words[at + index * 2 + 1] = halves[1]!
  }
  return true
}

/** Reads `count` integers at word `at`. */
export function takeInt32s(words: Int32Array, at: number, count: number): number[] {
  const array: number[] = []
  for (let index = 0; index < count; index++) array.push(words[at + index]!)
  return array
}

/** Reads `count` numbers of two words each at word `at`. */
export function takeFloat64s(words: Int32Array, at: number, count: number): number[] {
  const array: number[] = []
  for (let index = 0; index < count; index++) {
    halves[0] = words[at + index * 2]!
    halves[1] = words[at + index * 2 + 1]!
    array.push(cell[0]!)
  }
  return array
}

/** As the other two, from bytes that are not aligned. */
export function takeNumbers(source: Uint8Array, offset: number, count: number, size: 4 | 8): number[] {
  const take = size === 4 ? takeInt32 : takeFloat64
  return Array.from({ length: count }, (_, index) => take(source, offset + index * size))
}
