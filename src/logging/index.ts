/**
 * Logging as the daemon does it: pino, to standard output or to a file that rotates by size and count.
 *
 * @packageDocumentation
 */
import process from 'node:process'
import { type DestinationStream, type Logger, pino } from 'pino'
import { callNative } from '../errors/index.js'
import { type LogFile, loadNative } from '../native/index.js'
import { errorFields } from './error-fields.js'
import { checkLogger, type LoggerOptions, type RotationOptions, resolveRotation } from './options.js'
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
  const rotation = resolveRotation(options)
  const { level = 'info', name, file: path, reopenSignal } = options
  const file = path === undefined ? undefined : openFile(path, rotation.maxSize, rotation.maxFiles)
  const target: DestinationStream = file ?? standardOutput()
  const logger = pino(
    // The process id is that of the host; those of workers are fields of the entries.
    {
      level,
      base: { pid: process.pid, ...(name !== undefined && { name }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: errorFields },
    },
    target,
  )
  const reopen = () => file && callNative(() => file.reopen())
  if (reopenSignal !== undefined && file !== undefined) process.on(reopenSignal, reopen)
  return Object.assign(logger, {
    reopen,
    setRotation(bounds: RotationOptions) {
      const { maxSize, maxFiles } = resolveRotation(bounds)
      file?.setRotation(maxSize, maxFiles)
    },
    release() {
      if (reopenSignal !== undefined) process.off(reopenSignal, reopen)
    },
  })
}

function openFile(path: string, maxSize: number, maxFiles: number): LogFile {
  const { LogFile: File } = loadNative()
  return callNative(() => new File(path, maxSize, maxFiles))
}
