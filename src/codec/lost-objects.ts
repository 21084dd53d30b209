/**
 * Objects whose content a clone would leave behind without a word, since it lies in private fields or outside of
 * JavaScript: URL, Headers, Blob, streams, modules of WebAssembly and such.
 */
import { types } from 'node:util'

const MODULE = 'WebAssembly.Module'
const AS_ENTRIES = 'send its entries: [...it]'
const AS_PARTS = 'send what you need of it: its url, status, body as bytes'

/** By the class's tag: what to send in its place. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  [MODULE, 'send its bytes'],
  ['URL', 'send its href'],
  ['URLSearchParams', 'send it as a string'],
  ['Headers', AS_ENTRIES],
  ['FormData', AS_ENTRIES],
  ['Request', AS_PARTS],
  ['Response', AS_PARTS],
  ['Blob', 'send its bytes: await it.arrayBuffer()'],
  ['File', 'send its name and bytes: await it.arrayBuffer()'],
  [
    'ReadableStream',
    'give it as the argument itself, not within another value, and not to runSync, which takes no streams',
  ],
  ['AbortController', 'give its signal as the option signal'],
  ['AbortSignal', 'give it as the option signal'],
  ['DOMException', 'send its name and message'],
  ['Event', 'send what you need of it'],
  ['EventTarget', 'send what you need of it'],
])
/** Tags of further classes of the kind, for which there is nothing to say. */
const OTHERS: ReadonlySet<string> = new Set([
  'CompressionStream',
  'Crypto',
  'DecompressionStream',
  'PerformanceMark',
  'PerformanceMeasure',
  'PerformanceObserver',
  'PerformanceObserverEntryList',
  'PerformanceResourceTiming',
  'SubtleCrypto',
  'TextDecoder',
  'TextEncoder',
  'URLPattern',
])
/** Node's names for the methods by which its ports carry an object. */
const MARKS: ReadonlySet<string | undefined> = new Set(['messaging_clone_symbol', 'messaging_transfer_symbol'])

const { getOwnPropertyDescriptor, getOwnPropertySymbols, getPrototypeOf, hasOwn } = Object

/** An object that would be lost. */
export interface LostObject {
  /** Its class. */
  readonly name: string
  /** What to do about it, if there is advice. */
  readonly advice: string | undefined
}

/** By prototype: what instances are, or undefined if V8 writes all there is to them. */
const classes = new WeakMap<object, string | undefined>()

function tagOf(prototype: object): string | undefined {
  const tag: unknown = getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value
  return typeof tag === 'string' ? tag : undefined
}

/** The tag of the first class of the kind from `prototype` up; that of Node's own which have none is empty. */
function findClass(prototype: object): string | undefined {
  for (let next: object | null = prototype; next !== null; next = getPrototypeOf(next)) {
    const tag = tagOf(next)
    if (tag !== undefined && (ADVICE.has(tag) || OTHERS.has(tag))) return tag
    if (getOwnPropertySymbols(next).some(({ description }) => MARKS.has(description))) return tag ?? ''
  }
  return undefined
}

/** Most values have many instances of one class. */
let lastPrototype: object | undefined
let lastClass: string | undefined

function classOf(prototype: object): string | undefined {
  if (prototype === lastPrototype) return lastClass
  lastClass = classes.get(prototype)
  if (lastClass === undefined && !classes.has(prototype)) {
    lastClass = findClass(prototype)
    classes.set(prototype, lastClass)
  }
  lastPrototype = prototype
  return lastClass
}

/** Whether a clone would have nothing of this object. One with properties of its own arrives as these, as any instance does. */
export function isLost(value: object, prototype: object): boolean {
  const tag = classOf(prototype)
  if (tag === undefined || types.isNativeError(value)) return false
  if (tag === MODULE) return true
  for (const key in value) if (hasOwn(value, key)) return false
  return true
}

/** What kind of lost object a value is; undefined if it is none. */
export function describeLost(value: object): LostObject | undefined {
  const prototype = getPrototypeOf(value)
  if (prototype === null || !isLost(value, prototype)) return undefined
  const tag = classOf(prototype)!
  const name: unknown = value.constructor?.name
  return { name: tag === MODULE || typeof name !== 'string' ? tag : name, advice: ADVICE.get(tag) }
}
