import { checkInteger, checkKeys, checkOneOf, checkText } from '../host/check.js'
import { invalidOption } from '../host/invalid-option.js'
import { bytesOf } from './size.js'

/** Names of levels, from the least to the most important, and none at all. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/**
 * A size in bytes, or with a unit, as in a configuration file: `'10MB'` is ten million, `'10MiB'` 10 times 1024². `'64k'`,
 * `'10m'`, `'1g'` are powers of 1024, too. `Infinity`: any.
 */
export type LogSize = number | string

/** Bounds of a log file. */
export interface RotationOptions {
  /** What a file may have before it is put aside. Default 10 MiB. */
  maxSize?: LogSize | undefined
  /** Files kept beside the one that is written: `pool.log.1` is the latest. 0: what is full is removed. Default 5. */
  maxFiles?: number | undefined
}

/** Options of {@link createLogger}. */
export interface LoggerOptions extends RotationOptions {
  /** What is less important is left out. Default `'info'`. */
  level?: (typeof LEVELS)[number] | undefined
  /** Where entries go, one JSON object a line. Default: standard output. */
  file?: string | undefined
  /** In each entry. Default: none. */
  name?: string | undefined
  /** Opens the file anew at this signal, for rotation by others (which is followed without it, too). Default: none. */
  reopenSignal?: NodeJS.Signals | undefined
}

/** Bounds as the file takes them. */
export interface Rotation {
  readonly maxSize: number
  readonly maxFiles: number
}

const KEYS: ReadonlySet<string> = new Set([
  'level',
  'file',
  'name',
  'maxSize',
  'maxFiles',
  'reopenSignal',
] satisfies (keyof LoggerOptions)[])

const MAX_SIZE = 10 * 1024 ** 2
const MAX_FILES = 5
const MOST_FILES = 1000

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function checkLogger(options: LoggerOptions): void {
  checkKeys('createLogger', options, KEYS)
  const { level, file, name } = options
  if (level !== undefined) checkOneOf('level', level, LEVELS)
  if (file !== undefined) checkText('file', file)
  if (name !== undefined) checkText('name', name)
}

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveRotation({ maxSize = MAX_SIZE, maxFiles = MAX_FILES }: RotationOptions): Rotation {
  return { maxSize: parseSize(maxSize), maxFiles: checkInteger('maxFiles', maxFiles, 0, MOST_FILES) }
}

function parseSize(size: LogSize): number {
  const bytes = typeof size === 'string' ? bytesOf(size) : size
  if (typeof bytes === 'number' && bytes >= 1) return bytes
  throw invalidOption('maxSize', "bytes, or text such as '10MB' (ten million), '10MiB' or '10m' (10 times 1024²)", size)
}
