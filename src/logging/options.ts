import { checkInteger, checkKeys, checkOneOf, checkText } from '../host/check.js'
import { invalidOption } from '../host/invalid-option.js'

/** Names of levels, from the least to the most important, and none at all. */
export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** A size in bytes, or with a unit: `'64k'`, `'10m'`, `'1g'` (powers of 1024); `Infinity`: any. */
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
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

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
  const match = typeof size === 'string' ? /^(\d+(?:\.\d+)?) ?(?:([kmg])(?:i?b)?|b)?$/i.exec(size) : undefined
  const bytes = match ? Math.floor(Number(match[1]) * UNITS[(match[2] ?? '').toLowerCase()]!) : size
  if (typeof bytes !== 'number' || !(bytes >= 1)) throw invalidOption('maxSize', "bytes, or such as '10m'", size)
  return bytes
}
