import { types } from 'node:util'

/** A constructor of typed arrays or of DataView. */
export interface ViewConstructor {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ArrayBufferView
  readonly BYTES_PER_ELEMENT?: number
  readonly name: string
}

/** Position in this list is the byte on the wire: append only. Float16Array exists from Node 24 on. */
const NAMES = [
  'DataView',
  'Uint8Array',
  'Int8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
] as const

const constructors = NAMES.map((name) => (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name])

const kinds = new Map<string, number>(NAMES.map((name, kind) => [name, kind]))

/** The engine's own getter: it sees through subclasses and cannot be fooled by an own `Symbol.toStringTag`. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype) as object,
  Symbol.toStringTag,
)!.get as (this: ArrayBufferView) => string | undefined

/** The kind byte of a view, or -1 for a kind this codec does not know. */
export function viewKind(view: ArrayBufferView): number {
  return kinds.get(typedArrayName.call(view) ?? 'DataView') ?? -1
}

/** The constructor for a kind byte, or undefined if there is none here. */
export function viewConstructor(kind: number): ViewConstructor | undefined {
  return constructors[kind]
}

/** Bytes an element of the view takes; 1 for DataView. */
export function elementSize(constructor: ViewConstructor): number {
  return constructor.BYTES_PER_ELEMENT ?? 1
}

/** Neither resizable nor (perhaps) detached; V8 deals with those. */
export function isFixed(buffer: ArrayBuffer): boolean {
  return buffer.byteLength !== 0 && (buffer as { resizable?: boolean }).resizable !== true
}

/**
 * The kind byte of a view that covers a fixed ArrayBuffer; -1 for others. A view on a part would lose the rest of its
 * buffer as bytes alone, which a structured clone carries along.
 */
export function wholeViewKind(view: ArrayBufferView): number {
  const { buffer } = view
  return types.isArrayBuffer(buffer) && view.byteLength === buffer.byteLength && isFixed(buffer) ? viewKind(view) : -1
}
