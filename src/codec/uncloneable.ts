import { types } from 'node:util'
import { describeLost } from './lost-objects.js'

/** The search for the culprit is bounded: it serves a message, not a decision. */
const MAX_VISITS = 10_000

/** It may be an argument as well as a result. */
const GENERATOR =
  'an argument: give it as the argument itself, and not to runSync, which takes no streams; a result: call the task by pool.stream'

interface Finding {
  readonly path: string
  readonly kind: string
}

/** What a value that no clone can carry is called, or undefined for one that may be cloned. */
function uncloneableKind(value: unknown): string | undefined {
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`
  if (typeof value === 'symbol') return `the symbol ${value.description ?? ''}`.trimEnd()
  if (typeof value !== 'object' || value === null) return undefined
  if (types.isPromise(value)) return 'a Promise (await it first)'
  if (types.isProxy(value)) return 'a Proxy'
  if (types.isWeakMap(value)) return 'a WeakMap'
  if (types.isWeakSet(value)) return 'a WeakSet'
  if (types.isSharedArrayBuffer(value)) return 'a SharedArrayBuffer (workers are processes)'
  if (types.isGeneratorObject(value)) return `a generator (${GENERATOR})`
  const lost = describeLost(value)
  if (lost !== undefined) {
    const { name, advice } = lost
    const article = /^[AEIO]/.test(name) ? 'an' : 'a'
    return advice === undefined
      ? `${article} ${name}, which cannot leave its process`
      : `${article} ${name} (${advice})`
  }
  if (types.isExternal(value) || value instanceof WeakRef) return 'a reference that cannot leave its process'
  return undefined
}

function children(value: object): Iterable<readonly [string, unknown]> {
  if (types.isMap(value)) {
    return [...value].flatMap(([key, item], index) => [
      [`.get(${String(key)})`, item] as const,
      [`.keys()[${index}]`, key] as const,
    ])
  }
  if (types.isSet(value)) return [...value].map((item, index) => [`.values()[${index}]`, item] as const)
  if (ArrayBuffer.isView(value)) return [['.buffer', value.buffer]]
  if (types.isNativeError(value)) return [['.cause', value.cause]]
  const array = Array.isArray(value)
  return Object.keys(value).map(
    (key) =>
      [
        array
          ? `[${key}]`
          : /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
            ? `.${key}`
            : `[${JSON.stringify(key)}]`,
        (value as Record<string, unknown>)[key],
      ] as const,
  )
}

function find(root: unknown): Finding | undefined {
  const queue: (readonly [string, unknown])[] = [['', root]]
  const seen = new Set<unknown>()
  for (let index = 0; index < queue.length && index < MAX_VISITS; index++) {
    const [path, value] = queue[index]!
    const kind = uncloneableKind(value)
    if (kind !== undefined) return { path, kind }
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    for (const [step, child] of children(value)) queue.push([path + step, child])
  }
  return undefined
}

/**
 * A message for a value that could not be cloned, with the path to what is in the way.
 *
 * @param value the whole value
 * @param cause what the serializer threw; its message is used where the search finds nothing
 */
export function describeUncloneable(value: unknown, cause: unknown): string {
  let finding: Finding | undefined
  try {
    finding = find(value)
  } catch {
    // A getter that throws is the cause already at hand.
  }
  if (finding === undefined) {
    return `The value cannot be cloned: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  const where = finding.path === '' ? 'the value' : `value${finding.path}`
  return `The value cannot be cloned: ${where} is ${finding.kind}. Pass data only.`
}
