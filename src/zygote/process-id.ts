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

let id = 0
/** Somebody has asked for it. */
let read = false
/** Whoever asks for it is given a number that is no id. */
let opening = false
/** The exports of `node:process`, if a module that is preloaded has imported it; else something to rehearse with. */
let exported: { readonly pid: number } = process
/** They have been found. */
let found = false

/**
 * Makes `process.pid` a getter, as `process.ppid` is one, so that a fork need not define it anew, which takes some 30 us there.
 * To be called before any module can import it.
 */
export function replaceProcessId(native: Pick<ProcessBinding, 'processId'>): void {
  id = native.processId()
  const get = () => {
    read = true
    return opening ? openId() : id
  }
  Object.defineProperty(process, 'pid', { get, enumerable: true, configurable: true })
}

/** In a fork: it has another one. */
export function renewProcessId(native: Pick<ProcessBinding, 'processId'>): void {
  id = native.processId()
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

/** To be called before a fork. */
export function exportedId(): ExportedId {
  return isExported() ? 'stale' : 'absent'
}

/**
 * Right before the first fork, in place of {@link exportedId}: nothing but forks may run any more. To synchronize the exports
 * takes a fork a fifth of its start, as it goes through all that modules have imported of Node. So the id that they have
 * becomes a number that nobody has but they, which a fork has only to write to.
 */
export function openExportedId(): ExportedId {
  opening = found
  const present = isExported()
  opening = false
  if (!present) return 'absent'
  return exported.pid === openId() ? 'open' : 'stale'
}

/** In a fork, if the exported id is open: writes its own there. False: that is not possible here. */
export function fillInProcessId(native: Pick<ProcessBinding, 'processId' | 'replaceNumber'>): boolean {
  const open = openId()
  renewProcessId(native)
  return native.replaceNumber(exported.pid, open, id)
}

/** No integer, so that V8 keeps it as an object; and the result of a calculation, so that nobody else has that object. */
function openId(): number {
  return id + 0.5
}

function isExported(): boolean {
  read = false
  syncBuiltinESMExports()
  return read
}
