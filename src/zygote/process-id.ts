import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import type { ProcessBinding } from '../native/types.js'

/** What `import { pid } from 'node:process'` has of the id of a fork. */
export type ExportedId =
  /** No module has the exports of `node:process`. */
  | 'absent'
  /** A number that {@link fillInProcessId} gives the value of the fork's. */
  | 'open'
  /** The zygote's id. */
  | 'stale'

export type FillIn = ProcessBinding['fillInProcessId']

/** Undefined: it is to be asked for. */
let id: number | undefined
/** Somebody has asked for it. */
let read = false
/** Whoever asks for it is given {@link open}. */
let opening = false
/** What is exported for forks to fill in. */
let open = 0
/** The exports of `node:process`, if a module that is preloaded has imported it; else something to rehearse with. */
let exported: { readonly pid: number } = process
/** They have been found. */
let found = false

/**
 * Makes `process.pid` a getter, as `process.ppid` is one, so that a fork need not define it anew, which takes some 30 us there.
 * To be called before any module can import it.
 */
export function replaceProcessId(native: Pick<ProcessBinding, 'processId'>): void {
  const get = () => {
    read = true
    // The result of a calculation is an object that nobody else has, as it is no integer.
    if (opening) return open + 0.5
    id ??= native.processId()
    return id
  }
  Object.defineProperty(process, 'pid', { get, enumerable: true, configurable: true })
}

/** Before a fork, which has another one. */
export function forgetProcessId(): void {
  id = undefined
}

/**
 * Looks for the exports of `node:process`, once modules are preloaded. Node makes the exports of a module of its own when the
 * first module imports it (`require` has none of them), and reads them anew when they are synchronized.
 */
export async function findProcessExports(): Promise<void> {
  if (!isExported()) return
  exported = await import('node:process')
  found = true
}

/**
 * Right before the first fork: nothing but forks may run any more. To synchronize the exports
 * takes a fork a fifth of its start, as it goes through all that modules have imported of Node. So the id that they have
 * becomes a number that nobody has but they, which a fork has only to write to.
 */
export function openExportedId(): ExportedId {
  open = process.pid
  opening = found
  const present = isExported()
  opening = false
  if (!present) return 'absent'
  return exported.pid === open + 0.5 ? 'open' : 'stale'
}

/** In a fork, if the exported id is open: has its own written there. False: that is not possible here. */
export function fillInProcessId(fillIn: FillIn): boolean {
  const stale = open + 0.5
  // Looked at once more: what was filled in may have been a copy.
  return fillIn(exported.pid, stale) && exported.pid !== stale
}

function isExported(): boolean {
  read = false
  syncBuiltinESMExports()
  return read
}
