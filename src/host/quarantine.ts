import { decode } from '../codec/index.js'
import { type AttemptInfo, ERROR_CODES, HatcheryError } from '../errors/index.js'
import type { NativePool } from '../native/index.js'
import { readMentioning, takeMentions } from '../segments/mentions.js'
import type { SegmentTable } from '../segments/segment-table.js'
import { lengthWithoutCarrier } from '../tracing/carrier.js'
import { attemptInfos } from './failure.js'
import type { TaskOptions } from './run-options.js'
import { PRIORITIES, type Priority, packOptions } from './run-options.js'
import type { TaskRunner } from './runner.js'
import type { TaskDefaults } from './task-defaults.js'

/** Options of `pool.quarantine.rerun()`: those of the task, which otherwise has its own priority and timeout. */
export type RerunOptions = Omit<TaskOptions, 'transferList'>

/** A task that has killed too many workers. */
export interface QuarantinedTask {
  /** Names it in the quarantine. */
  readonly id: number
  /** Export that it calls. */
  readonly taskName: string
  /** URL of the module that it was in; that of the pool as it was when the task was quarantined. */
  readonly filename: string
  readonly priority: Priority
  /** Milliseconds; undefined: none. */
  readonly timeout: number | undefined
  /** Its failed attempts, oldest first: which, in which worker, how that died, when. */
  readonly attempts: readonly AttemptInfo[]
  readonly quarantinedAt: Date
  /**
   * What the task was given: the argument, or the list of arguments of a call by `pool.tasks()` with any number but one.
   * It is decoded at each call; undefined if there was no room to keep it, or for a task with streams.
   */
  argument(): unknown
}

/** As the driver tells of it. */
interface QuarantineRecord {
  readonly id: number
  readonly function: number
  readonly generation: number
  readonly priority: number
  readonly timeout: number
  readonly segments: number
  readonly kept: boolean
  readonly at: number
  readonly definition: string
  readonly attempts: unknown
}

/** What it calls, as the host has told of that. */
interface Definition {
  readonly name: string
  readonly filename?: string
  /** The context of a trace lies behind the argument. */
  readonly carrier?: boolean
}

/** The tasks that are not run again because workers died under them, oldest first. */
export class Quarantine implements Iterable<QuarantinedTask> {
  readonly #native: NativePool
  readonly #segments: SegmentTable
  readonly #runner: TaskRunner
  /** Throws if the pool takes no tasks. */
  readonly #checkOpen: () => void
  /** What a task has that does not say otherwise. */
  readonly #defaults: TaskDefaults
  /** The pool's own module, from which generation of the code on. */
  readonly #modules: { readonly from: number; readonly filename: string | undefined }[]

  /**
   * @param filename the pool's own module
   * @param defaults what a task has that does not say
   */
  constructor(
    native: NativePool,
    segments: SegmentTable,
    runner: TaskRunner,
    filename: string | undefined,
    defaults: TaskDefaults,
    checkOpen: () => void,
  ) {
    this.#defaults = defaults
    this.#modules = [{ from: 0, filename }]
    this.#native = native
    this.#segments = segments
    this.#runner = runner
    this.#checkOpen = checkOpen
  }

  /** From this generation of the code on the pool's own module is another one. */
  moduleChanged(from: number, filename: string | undefined): void {
    if (this.#modules.at(-1)!.filename !== filename) this.#modules.push({ from, filename })
  }

  /** How many there are. */
  get size(): number {
    return this.#records().length
  }

  /** Those there are now. */
  [Symbol.iterator](): Iterator<QuarantinedTask> {
    return this.#records()
      .map((record) => this.#task(record))
      .values()
  }

  /** The task of this id, as in the error's `quarantineId`. */
  get(id: number): QuarantinedTask | undefined {
    const record = this.#record(id)
    return record && this.#task(record)
  }

  /** Forgets a task. Returns false if it is not there. */
  remove(id: number): boolean {
    return this.#record(id) !== undefined && this.#native.removeQuarantined(id)
  }

  /** Forgets all tasks. */
  clear(): void {
    this.#native.removeQuarantined(undefined)
  }

  /**
   * Takes a task out of the quarantine and runs it once more, as a new task: its attempts count anew, and it has the
   * pool's `retries` unless it says otherwise. After a `pool.reload()` with another `filename`, a task of the pool's own
   * module calls the function of that name in the new one.
   *
   * @returns as `pool.run`; rejects with ERR_HATCHERY_INVALID_OPTION if it is not there, or was not kept whole
   */
  rerun<Result = any>(id: number, options: RerunOptions = {}): Promise<Result> {
    try {
      this.#checkOpen()
      return this.#rerun(id, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #rerun(id: number, options: RerunOptions): Promise<any> {
    const record = this.#record(id)
    const payload = this.#native.quarantinedPayload(id)
    if (record === undefined || payload === null || payload === undefined) {
      const message = `There is no task ${id} in quarantine that could be run again.`
      throw new HatcheryError(ERROR_CODES.INVALID_OPTION, message)
    }
    const priority = PRIORITIES[record.priority]
    const timeout = record.timeout === 0 ? Infinity : record.timeout
    const packed = packOptions(
      { ...options, priority: options.priority ?? priority, timeout: options.timeout ?? timeout },
      this.#defaults,
    )
    const promise = this.#runner.resubmit(payload, record.segments, record.function, packed)
    this.#native.removeQuarantined(id)
    return promise
  }

  #records(): readonly QuarantineRecord[] {
    return JSON.parse(this.#native.quarantine()) as QuarantineRecord[]
  }

  #record(id: number): QuarantineRecord | undefined {
    return this.#records().find((record) => record.id === id)
  }

  #task(record: QuarantineRecord): QuarantinedTask {
    const { id, priority, timeout, attempts, at } = record
    const { name, filename, carrier } = JSON.parse(record.definition) as Definition
    return {
      id,
      taskName: name,
      filename: filename ?? this.#moduleOf(record.generation),
      priority: PRIORITIES[priority]!,
      timeout: timeout === 0 ? undefined : timeout,
      attempts: attemptInfos(attempts),
      quarantinedAt: new Date(at),
      argument: () => this.#argument(record, carrier === true),
    }
  }

  /** Which module was the pool's own; without one there are no tasks of it. */
  #moduleOf(generation: number): string {
    return this.#modules.findLast(({ from }) => from <= generation)!.filename!
  }

  #argument({ id, segments }: QuarantineRecord, carries: boolean): unknown {
    const payload = this.#native.quarantinedPayload(id)
    if (payload === null || payload === undefined) return undefined
    const numbers = takeMentions(payload, payload.length, segments)
    const message = payload.subarray(0, payload.length - 4 * segments)
    const length = carries ? lengthWithoutCarrier(message) : message.length
    return readMentioning(this.#segments, numbers, () => decode(message, 0, length))
  }
}
