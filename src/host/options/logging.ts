import { invalidOption } from '../invalid-option.js'

/** Names of levels, from the least to the most important. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

/** A level of the log. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Writes one entry: its fields, and what it says. */
export type LogMethod = (fields: object, message: string) => void

/**
 * What a pool can log to: a pino logger, or anything with its shape. `console` will do. A missing `trace` is `debug`, and a
 * missing `fatal` is `error`.
 */
export interface PoolLogger {
  /** What is less important is not even asked for. Looked at whenever something happens. Default `'info'`. */
  readonly level?: string | undefined
  /** What is of use in a search for a fault of the pool itself. */
  readonly trace?: LogMethod | undefined
  /** Steps on the way: a worker is asked for, exists, is told to leave. */
  readonly debug: LogMethod
  /** Start and close, workers that come and go, scaling; lines of standard output. */
  readonly info: LogMethod
  /** What the pool copes with: a killed worker, a further attempt, a strategy; lines of standard error. */
  readonly warn: LogMethod
  /** A worker has crashed, a task is in quarantine, a reload has failed. */
  readonly error: LogMethod
  /** The pool has failed. */
  readonly fatal?: LogMethod | undefined
}

/** Options about what a pool tells of itself. */
export interface LoggingPoolOptions {
  /** Where the pool logs its life, and what its workers print if it is read (`stdio: 'pipe'`). Default: nowhere. */
  logger?: PoolLogger | undefined
}

/** {@link LoggingPoolOptions} after all defaults. */
export interface ResolvedLoggingPoolOptions {
  readonly logger: PoolLogger | undefined
}

const NEEDED = ['debug', 'info', 'warn', 'error'] as const

/** @throws ERR_HATCHERY_INVALID_OPTION */
export function resolveLogging({ logger }: LoggingPoolOptions): ResolvedLoggingPoolOptions {
  if (logger === undefined) return { logger }
  const isObject = (typeof logger === 'object' || typeof logger === 'function') && logger !== null
  if (!isObject || NEEDED.some((level) => typeof logger[level] !== 'function')) {
    throw invalidOption('logger', `a logger with the methods ${NEEDED.join(', ')}, such as one of pino`, logger)
  }
  return { logger }
}

/** The level from which on `logger` wants entries; undefined: none. */
export function levelOf(logger: PoolLogger): LogLevel | undefined {
  const { level = 'info' } = logger
  if ((LOG_LEVELS as readonly string[]).includes(level)) return level as LogLevel
  // A name of the logger's own stands for anything: it decides itself.
  return level === 'silent' ? undefined : 'trace'
}
