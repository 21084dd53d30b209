import { nextTick } from 'node:process'
import { safeString } from '../errors/safe-string.js'
import { LOG_LEVELS, type LogLevel, levelOf, type PoolLogger } from './options/logging.js'
import type { OutputInfo } from './output.js'
import type { PoolEventRecord } from './settlement.js'

/** What an entry has beside its text. */
interface LogFields {
  /** Of the worker that it is about. */
  readonly pid?: unknown
  readonly [field: string]: unknown
}

/**
 * What the pool writes to the user's logger: what the core tells of its life, what workers print, and the little that only
 * this side knows.
 */
export class PoolLog {
  readonly #logger: PoolLogger
  readonly #nameOf: (functionId: number) => string | undefined
  readonly #tellCore: (level: LogLevel | undefined) => void
  readonly #warn: (message: string) => void
  /** The logger has thrown, and that was told. */
  #isFaulty = false
  /** What the core filters by, as it was when it was last looked at. */
  #shown: string | undefined
  #level: number

  /**
   * @param nameOf the export behind the number of a function
   * @param tellCore sets the level from which on the core tells
   * @param warn tells the user of a logger that throws
   */
  constructor(
    logger: PoolLogger,
    nameOf: (functionId: number) => string | undefined,
    tellCore: (level: LogLevel | undefined) => void,
    warn: (message: string) => void,
  ) {
    this.#logger = logger
    this.#nameOf = nameOf
    this.#tellCore = tellCore
    this.#warn = warn
    this.#shown = logger.level
    this.#level = rank(levelOf(logger))
  }

  /** Heeds a level that was changed. Called whenever something may have happened. */
  refresh(): void {
    if (this.#logger.level === this.#shown) return
    this.#shown = this.#logger.level
    const level = levelOf(this.#logger)
    this.#level = rank(level)
    this.#tellCore(level)
  }

  /** An entry of the core. */
  take({ level, fields, message }: PoolEventRecord): void {
    const { function: functionId, ...rest } = fields as Record<string, unknown>
    const taskName = typeof functionId === 'number' ? this.#nameOf(functionId) : undefined
    this.say(level as LogLevel, { ...rest, ...(taskName !== undefined && { taskName }) }, String(message))
  }

  /** A line that a worker has printed. */
  print({ line, ...fields }: OutputInfo): void {
    this.say(fields.stream === 'stderr' ? 'warn' : 'info', fields, line)
  }

  /**
   * A worker's `pid` is `workerPid` here: pino gives every entry the `pid` of its own process, and a line of JSON that has a
   * key twice is refused by some of those that collect logs.
   *
   * Not now: this may be the middle of a call of the driver's, and a logger may close the pool.
   */
  say(level: LogLevel, { pid: workerPid, ...rest }: LogFields, message: string): void {
    if (rank(level) < this.#level) return
    const fields = workerPid === undefined ? rest : { workerPid, ...rest }
    nextTick(() => {
      try {
        this.#write(level, fields, message)
      } catch (error) {
        this.#tellOnce(error)
      }
    })
  }

  #write(level: LogLevel, fields: object, message: string): void {
    const logger = this.#logger
    if (level === 'trace' && logger.trace === undefined) logger.debug(fields, message)
    else if (level === 'fatal' && logger.fatal === undefined) logger.error(fields, message)
    else logger[level]!(fields, message)
  }

  /** The pool goes on without the entry: no fault of a logger may end the process, and each entry may have it. */
  #tellOnce(error: unknown): void {
    if (this.#isFaulty) return
    this.#isFaulty = true
    const what = safeString(error instanceof Error ? error.message : error)
    this.#warn(
      `The logger has thrown, and an entry is lost: ${what}. Later ones that it throws at are left out in silence.`,
    )
  }
}

function rank(level: LogLevel | undefined): number {
  return level === undefined ? LOG_LEVELS.length : LOG_LEVELS.indexOf(level)
}
