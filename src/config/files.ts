/** Files that a program of this configuration would write to. */
import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Draft } from './draft.js'

const LOG_FILE = 'logging.file'

/** Reports a log file that cannot be written by this user: its folder is not made, only the file. */
export function checkLogFile(draft: Draft, file: string | undefined): void {
  const obstacle = file === undefined ? undefined : obstacleTo(file)
  if (obstacle !== undefined) draft.report(LOG_FILE, obstacle, { found: file })
}

function obstacleTo(file: string): string | undefined {
  const folder = dirname(file)
  try {
    const existing = statSync(file, { throwIfNoEntry: false })
    if (existing?.isDirectory() === true) return `${file} is a folder, and no file.`
    if (existing !== undefined) {
      accessSync(file, constants.W_OK)
      return undefined
    }
    const parent = statSync(folder, { throwIfNoEntry: false })
    if (parent === undefined) return `there is no folder ${folder}: make it, or name another one.`
    if (!parent.isDirectory()) return `${folder} is no folder.`
    accessSync(folder, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOTDIR') return `a part of the path ${folder} is no folder.`
    if (code === 'EACCES' || code === 'EROFS') {
      const why = code === 'EROFS' ? 'the file system is mounted read-only' : 'permission denied'
      return `${file} cannot be written by this user: ${why}.`
    }
    return `${file} cannot be written: ${message}.`
  }
}
