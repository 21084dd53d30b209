import { types } from 'node:util'
import { isLost } from './lost-objects.js'

/** So many bytes of V8's for each object: a value that takes more steps than that has cycles, or much that is shared. */
const BYTES_A_STEP = 8
const LEAST_STEPS = 64
const MAX_DEPTH = 100
/** Longer arrays may be nearly all of holes, as far as is known before V8 has written anything. */
const MANY_ELEMENTS = 1_000_000

const { getOwnPropertyDescriptor, getPrototypeOf, hasOwn, values } = Object
const objectPrototype = Object.prototype
const arrayPrototype = Array.prototype

/** Takes a child of an object; true ends the search. */
type Visit = (child: object, depth: number) => boolean

/** Buffers that are met, if they are looked for. */
let met: ArrayBuffer[] | undefined
/** An Error was met whose `cause` is an object. */
let nested = false

/** Of the search under way. A getter that has a value encoded meanwhile shortens it, or lengthens it, and that is all. */
let steps = 0
let written = 0

/**
 * Whether anything was lost of what V8 has written for `root`. It leaves no trace of a module of WebAssembly, and of the
 * others an empty object, so all that it went through is gone through again: first as a tree, without remembering what
 * was seen, which takes a third of the time.
 *
 * @param bytes how many V8 has written
 */
export function holdsLost(root: unknown, bytes: number): boolean {
  if (typeof root !== 'object' || root === null) return false
  nested = false
  written = bytes
  steps = LEAST_STEPS + bytes / BYTES_A_STEP
  return visitTree(root, 0) && (steps >= 0 || searchGraph(root))
}

/** Whether the last search has met an Error whose `cause` is an object. */
export function hasNestedErrors(): boolean {
  return nested
}

/** The ArrayBuffers in a value, but for those that only views tell of. */
export function buffersIn(root: unknown): ArrayBuffer[] {
  if (typeof root !== 'object' || root === null) return []
  const [outer, found] = [met, [] as ArrayBuffer[]]
  met = found
  written = MANY_ELEMENTS
  try {
    searchGraph(root)
  } finally {
    met = outer
  }
  return found
}

/** True as well when there is no end to it; `steps` is negative then. */
function visitTree(value: object, depth: number): boolean {
  if (--steps < 0) return true
  if (depth > MAX_DEPTH) {
    steps = -1
    return true
  }
  return look(value, depth + 1, visitTree)
}

function searchGraph(root: object): boolean {
  const found = new Set([root])
  const add = (child: object) => {
    found.add(child)
    return false
  }
  // A set is walked to its end, what is added meanwhile included.
  for (const next of found) if (look(next, 0, add)) return true
  return false
}

/** Whether a value is lost, or `visit` has found that of a child. */
function look(value: object, depth: number, visit: Visit): boolean {
  const prototype: object | null = getPrototypeOf(value)
  if (prototype === arrayPrototype) return lookIntoArray(value as unknown[], depth, visit)
  if (prototype !== objectPrototype && prototype !== null) {
    if (ArrayBuffer.isView(value)) return false
    if (types.isMap(value)) {
      for (const [key, item] of value) if (isFound(key, depth, visit) || isFound(item, depth, visit)) return true
      return false
    }
    if (types.isSet(value)) {
      for (const item of value) if (isFound(item, depth, visit)) return true
      return false
    }
    if (types.isArrayBuffer(value)) {
      met?.push(value)
      return false
    }
    if (isLost(value, prototype)) return true
    if (types.isNativeError(value)) {
      const cause: unknown = getOwnPropertyDescriptor(value, 'cause')?.value
      nested ||= typeof cause === 'object' && cause !== null
      return isFound(cause, depth, visit)
    }
  }
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key]
    if (typeof child === 'object' && child !== null && hasOwn(value, key) && visit(child, depth)) return true
  }
  return false
}

/**
 * The elements alone: whether an array has other properties as well costs more to learn than all the rest of the search,
 * and hardly any has.
 */
function lookIntoArray(array: unknown[], depth: number, visit: Visit): boolean {
  const count = array.length
  // More than there are bytes: nearly all of it holes, which `values` passes over.
  if (count > written) return values(array).some((child) => isFound(child, depth, visit))
  // Arrays of nothing but numbers have a loop of their own, as quick as the engine can make it for them.
  if (typeof array[0] === 'number' && areNumbers(array, count)) return false
  for (let index = 0; index < count; index++) if (isFound(array[index], depth, visit)) return true
  return false
}

function areNumbers(array: readonly unknown[], count: number): boolean {
  for (let index = 0; index < count; index++) if (typeof array[index] !== 'number') return false
  return true
}

function isFound(child: unknown, depth: number, visit: Visit): boolean {
  return typeof child === 'object' && child !== null && visit(child, depth)
}
