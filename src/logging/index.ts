/**
 * Logging as the daemon does it: pino, to standard output or to a file that rotates by size and count.
 *
 * @packageDocumentation
 */
import process from 'node:process'
import { type Logger, pino } from 'pino'
import { callNative } from '../errors/index.js'
import { checkText } from '../host/check.js'
import { type LogFile, loadNative } from '../native/index.js'
import { errorFields } from './error-fields.js'
import { checkLogger, type LoggerOptions, type Rotation, type RotationOptions, resolveRotation } from './options.js'
import { Output } from './output.js'
import { standardOutput } from './standard-output.js'

export type { LoggerOptions, LogSize, RotationOptions } from './options.js'

/** A pino logger, and what concerns its file; without a file those do nothing. */
export type FileLogger = Logger & {
  /**
   * Opens the file anew.
   *
   * @throws ERR_HATCHERY_LOG_FILE; the file before goes on to be written
   */
  reopen(): void
  /**
   * Writes to another file from now on; `undefined`: to standard output. Nothing is lost in between.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_LOG_FILE; the file before goes on to be written
   */
  setFile(path: string | undefined): void
  /**
   * Other bounds of the file from now on.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION
   */
  setRotation(rotation: RotationOptions): void
  /** Listens to `reopenSignal` no more. */
  release(): void
}

/**
 * A pino logger that writes JSON lines. Each entry is written when the call returns: there is nothing to flush at an exit or
 * crash. A file, or standard output, that cannot be written any more (no space, no permission) costs entries and a line on
 * standard error, never the process. Where standard output is systemd's journal, each entry has its priority there.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_LOG_FILE if the file cannot be opened
 */
export function createLogger(options: LoggerOptions = {}): FileLogger {
  checkLogger(options)
  let rotation = resolveRotation(options)
  const { level = 'info', name, reopenSignal } = options
  let path = options.file
  let file = openFile(path, rotation)
  const output = new Output(file ?? standardOutput())
  const logger = pino(
    // The process id is that of the host; those of workers are fields of the entries.
    {
      level,
      base: { pid: process.pid, ...(name !== undefined && { name }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
    },
    output,
  )
  const reopen = () => callNative(() => file?.reopen())
  const heedSignal = () => {
    // Once, and only where there is something to reopen: a signal that is listened to does not end the process.
    if (reopenSignal !== undefined && file !== undefined) process.off(reopenSignal, reopen).on(reopenSignal, reopen)
  }
  heedSignal()
  return Object.assign(logger, {
    reopen,
    setFile(other: string | undefined) {
      if (other !== undefined) checkText('file', other)
      if (other === path) return
      const before = file
      file = openFile(other, rotation)
      path = other
      output.become(file ?? standardOutput())
      before?.close()
      heedSignal()
    },
    setRotation(bounds: RotationOptions) {
      rotation = resolveRotation(bounds)
      file?.setRotation(rotation.maxSize, rotation.maxFiles)
    },
    release() {
      if (reopenSignal !== undefined) process.off(reopenSignal, reopen)
    },
  })
}

function openFile(path: string | undefined, { maxSize, maxFiles }: Rotation): LogFile | undefined {
  if (path === undefined) return undefined
  const { LogFile: File } = loadNative()
  return callNative(() => new File(path, maxSize, maxFiles))
}
