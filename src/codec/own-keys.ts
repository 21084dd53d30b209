import { inspect } from 'node:util'

const { keys } = Object
const objectPrototype = Object.prototype

/** Up to here `Object.keys` is the quicker way, though it makes a string of every index. */
const FEW_ELEMENTS = 40
const ELEMENTS_ONLY = { maxArrayLength: 0, depth: 0, customInspect: false } as const

/**
 * True if an array has no own property but its elements; it may have holes. The caller has checked that its prototype
 * is that of arrays.
 *
 * No function of the language tells that of a long array without going through all its elements, 8 ns for each.
 * `inspect` asks the engine for the other properties alone, in 300 ns. Should it ever print another text, long arrays
 * go to V8's serializer, which is slower and as right.
 */
export function hasElementsOnly(array: readonly unknown[]): boolean {
  const count = array.length
  // As many own keys as elements: no holes either. (A hole and another property together are left to the caller.)
  if (count <= FEW_ELEMENTS) return keys(array).length === count
  return inspect(array, ELEMENTS_ONLY) === `[ ... ${count} more items ]`
}

/** True if somebody has given all objects something to enumerate: what `for in` goes through is not theirs alone then. */
export function isPrototypeEnumerable(): boolean {
  for (const _ in objectPrototype) return true
  return false
}
