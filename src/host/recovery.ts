import { emitWarning } from 'node:process'
import { inspect } from 'node:util'
import { HatcheryError } from '../errors/index.js'
import { type Failure, failureToError } from './failure.js'
import {
  isStrategy,
  type RecoverableFailure,
  type RecoveryFunction,
  type RecoveryStrategy,
  type ResolvedRecoveryOptions,
  strategiesByName,
} from './options/recovery.js'
import { parse, thrownValue } from './settlement.js'

/** Bytes before the JSON of a question: its length. */
const HEADER = 4

/** What the driver asks. */
interface Question extends Failure {
  readonly question: number
  readonly class: RecoverableFailure['code']
  readonly strategy: RecoveryStrategy
  /** The task itself says whether errors are retried. */
  readonly wished?: boolean
  /** It was asked before, in a record that has not been read yet. */
  readonly repeated?: boolean
}

/** Has the last word on failures, for the driver. */
export class Recovery {
  #names: ReadonlyMap<string, RecoveryStrategy> = new Map()
  #decide: RecoveryFunction | undefined
  readonly #nameOf: (functionId: number) => string | undefined
  readonly #answer: (question: number, strategy: RecoveryStrategy) => void
  /** Questions that were answered before their record was read. */
  readonly #ahead = new Set<number>()
  /** The failure for which the pool is being shut down. */
  shutdownCause: unknown

  /**
   * @param nameOf the export behind the number of a function
   * @param answer tells the driver
   */
  constructor(
    options: ResolvedRecoveryOptions,
    nameOf: (functionId: number) => string | undefined,
    answer: (question: number, strategy: RecoveryStrategy) => void,
  ) {
    this.configure(options)
    this.#nameOf = nameOf
    this.#answer = answer
  }

  /** Other options hold. */
  configure(options: ResolvedRecoveryOptions): void {
    this.#names = strategiesByName(options)
    this.#decide = options.recovery.decide
  }

  /** Answers a question of the driver. Not in the middle of a batch: it may call what the user has written. */
  answer(payload: Uint8Array): void {
    const end = HEADER + new DataView(payload.buffer, payload.byteOffset).getUint32(0, true)
    const question = parse(payload.subarray(HEADER, end)) as Question
    if (question.repeated === true) this.#ahead.add(question.question)
    // The function is asked once.
    else if (this.#ahead.delete(question.question)) return
    const failure = this.#failureOf(question, payload.subarray(end))
    const strategy = this.#ask(failure) ?? failure.strategy
    if (strategy === 'shutdown') this.shutdownCause ??= failure.error
    this.#answer(question.question, strategy)
  }

  #failureOf(question: Question, thrown: Uint8Array): RecoverableFailure {
    const { function: functionId, attempt, retriesLeft, crashes, worker, strategy, wished } = question
    const taskName = typeof functionId === 'number' ? this.#nameOf(functionId) : undefined
    const error = thrown.length > 0 ? thrownValue(thrown) : failureToError(question, { taskName }, this.#nameOf)
    const named = question.class === 'thrown' && wished !== true ? this.#named(error) : undefined
    return {
      code: question.class,
      error,
      taskName,
      attempt: Number(attempt ?? 0),
      retriesLeft: Number(retriesLeft ?? 0),
      crashes: Number(crashes ?? 0),
      workerId: typeof worker === 'number' ? worker : undefined,
      strategy: named ?? strategy,
    }
  }

  /** The strategy for an error of this code, or else of this name. */
  #named(error: unknown): RecoveryStrategy | undefined {
    if (!(error instanceof Error)) return undefined
    const { code, name } = error as Error & { code?: unknown }
    return (typeof code === 'string' ? this.#names.get(code) : undefined) ?? this.#names.get(name)
  }

  #ask(failure: RecoverableFailure): RecoveryStrategy | undefined {
    if (this.#decide === undefined) return undefined
    let answer: unknown
    try {
      answer = this.#decide(failure)
    } catch (error) {
      warn(`it threw ${error instanceof Error ? error.message : inspect(error)}`)
      return undefined
    }
    if (answer === undefined || isStrategy(answer)) return answer
    const promise = answer instanceof Promise ? answer : undefined
    // Its rejection is nobody's.
    promise?.catch(() => {})
    const shown = promise === undefined ? inspect(answer, { depth: 0 }) : 'a promise'
    warn(`it returned ${shown}, and must return a strategy or undefined, at once`)
    return undefined
  }
}

function warn(what: string): void {
  emitWarning(`The function "recovery" of a pool has not decided: ${what}. The table decides.`, 'HatcheryWarning')
}

/** An error with the cause that it lacks. */
export function withCause(error: HatcheryError, cause: unknown): HatcheryError {
  if (cause === undefined || error.cause !== undefined) return error
  return new HatcheryError(error.code, error.message, error, { cause })
}
