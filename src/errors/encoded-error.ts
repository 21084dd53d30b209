import { HatcheryError } from './hatchery-error.js'

/** A thrown value on its way: an error in parts, or any other value as it is. */
export type EncodedThrown = { readonly error: EncodedError } | { readonly value: unknown }

/** An error taken apart into what the codec can carry. Cycles in causes are cycles here too. */
export interface EncodedError {
  /** Nearest ancestor class that every process has: a key of {@link BASES}. */
  base: string
  /** Name of the error's own class. */
  type: string
  /** What `error.name` read. */
  name: string
  message: string
  stack: string
  /** Own properties: key, value, and whether it is enumerable. */
  properties: (readonly [key: string, value: EncodedThrown, enumerable: boolean])[]
  cause?: EncodedThrown
  /** Of an AggregateError. */
  errors?: EncodedThrown[]
}

/** Any constructor of errors. */
export type ErrorConstructorLike = abstract new (...parameters: never[]) => Error

/** Classes that both sides know. */
export const BASES: ReadonlyMap<string, ErrorConstructorLike> = new Map<string, ErrorConstructorLike>([
  ['Error', Error],
  ['EvalError', EvalError],
  ['RangeError', RangeError],
  ['ReferenceError', ReferenceError],
  ['SyntaxError', SyntaxError],
  ['TypeError', TypeError],
  ['URIError', URIError],
  ['AggregateError', AggregateError],
  ['DOMException', DOMException],
  ['HatcheryError', HatcheryError],
])

/** True for the name of a class of the language, such as `'TypeError'`. */
export function isBuiltInError(name: string): boolean {
  return name !== 'HatcheryError' && BASES.has(name)
}

/** Own properties that have a field of their own. */
export const FIELDS: ReadonlySet<string> = new Set(['message', 'stack', 'cause', 'errors'])

/** Bounds on one encoded error, so that neither side recurses or allocates without end. */
export const MAX_ERROR_DEPTH = 64
export const MAX_ERRORS = 1000
