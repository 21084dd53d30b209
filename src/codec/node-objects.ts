/** Objects of Node that its own ports alone can carry: Blob, File, web streams, BlockList and such. */
import { types } from 'node:util'

/** Where V8 writes an object without a property. */
const EMPTY_OBJECT = Buffer.from('o{\0', 'latin1')
/** Values that are looked at, so that the search costs no more than some tenths of a millisecond. */
const MAX_VISITS = 10_000
/** Node's names for the methods by which its ports carry an object. */
const MARKS: ReadonlySet<string | undefined> = new Set(['messaging_clone_symbol', 'messaging_transfer_symbol'])

const { getOwnPropertySymbols, getPrototypeOf, keys } = Object

/** Whether an object is one of these. Up to Node 20 V8 refuses them; later it takes them for objects that are empty. */
export function isNodeObject(value: object): boolean {
  if (types.isNativeError(value) || value instanceof AbortSignal) return false
  for (let prototype = getPrototypeOf(value); prototype !== null; prototype = getPrototypeOf(prototype)) {
    if (prototype === Object.prototype || prototype === Array.prototype) return false
    if (getOwnPropertySymbols(prototype).some(({ description }) => MARKS.has(description))) return true
  }
  return false
}

/**
 * Whether V8 has written such an object as an empty one.
 *
 * @param bytes what it has written
 */
export function hasLostNodeObject(value: unknown, bytes: Uint8Array): boolean {
  if (Buffer.prototype.indexOf.call(bytes, EMPTY_OBJECT) < 0) return false
  const found = new Set<object>()
  const look = (child: unknown) => {
    if (typeof child === 'object' && child !== null && found.size < MAX_VISITS) found.add(child)
  }
  look(value)
  // A set is walked to its end, what is added meanwhile included.
  for (const next of found) {
    if (types.isMap(next)) for (const [key, item] of next) [key, item].forEach(look)
    else if (types.isSet(next)) next.forEach(look)
    else if (ArrayBuffer.isView(next)) continue
    else {
      const names = keys(next)
      if (names.length === 0 && isNodeObject(next)) return true
      for (const name of names) look((next as Record<string, unknown>)[name])
    }
  }
  return false
}

/** V8 leaves one out of what it writes, without a word. */
export function isWebAssemblyModule(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object WebAssembly.Module]'
}
