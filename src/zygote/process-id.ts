import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'
import type { ProcessBinding } from '../native/types.js'

let id = 0
/** Somebody has asked for it. */
let read = false

/**
 * Makes `process.pid` a getter, as `process.ppid` is one, so that a fork need not define it anew, which takes some 30 us there.
 * To be called before any module can import it.
 */
export function replaceProcessId(native: Pick<ProcessBinding, 'processId'>): void {
  id = native.processId()
  const get = () => {
    read = true
    return id
  }
  Object.defineProperty(process, 'pid', { get, enumerable: true, configurable: true })
}

/** In a fork: it has another one. */
export function renewProcessId(native: Pick<ProcessBinding, 'processId'>): void {
  id = native.processId()
}

/**
 * Whether a module may have `import { pid } from 'node:process'`. Node makes the exports of a module of its own when the
 * first module imports it (`require` has none of them), and reads them anew when they are synchronized.
 */
export function hasProcessExports(): boolean {
  read = false
  syncBuiltinESMExports()
  return read
}
