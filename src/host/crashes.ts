import { type HatcheryErrorCode, isHatcheryErrorCode } from '../errors/index.js'
import type { Failure } from './failure.js'
import type { WorkerExitInfo } from './pool-events.js'

/** The death of a worker that nobody had asked to go, and that was not killed for a task that did not stop. */
export interface CrashInfo {
  /** When it was known. */
  readonly at: Date
  /** The pool's number for the worker. */
  readonly workerId: number
  /** Its process id; 0 if it never had one. */
  readonly pid: number
  /** Exit code, unless it was killed by a signal, or nobody knows. */
  readonly exitCode: number | undefined
  /** Name of the signal that killed it. */
  readonly signal: string | undefined
  /** The code of the error that its tasks have got, or would have. */
  readonly code: HatcheryErrorCode | undefined
  /** How it died, in words. */
  readonly message: string
  /** The task to blame, as `current.id` has it: the only one that ran. */
  readonly taskId: string | undefined
  /** The export that the task called. */
  readonly taskName: string | undefined
  /** The end of its standard error, at most 20 lines or 8 KiB; only with `stdio: { stderr: 'pipe' }`, and if there was any. */
  readonly stderr: string | undefined
}

/** Crashes that are remembered. */
const REMEMBERED = 50

/** The last crashes, oldest first. */
export class Crashes {
  readonly #list: CrashInfo[] = []

  get list(): readonly CrashInfo[] {
    return [...this.#list]
  }

  add(crash: CrashInfo): void {
    if (this.#list.length === REMEMBERED) this.#list.shift()
    this.#list.push(Object.freeze(crash))
  }
}

/** What the driver tells of a crash. */
export function crashInfo(
  { workerId, pid, exitCode, signal }: WorkerExitInfo,
  crash: Failure,
  nameOf: (functionId: number) => string | undefined,
): CrashInfo {
  const { code, message, task, function: functionId, stderr } = crash
  return {
    at: new Date(),
    workerId,
    pid,
    exitCode,
    signal,
    code: isHatcheryErrorCode(code) ? code : undefined,
    message: String(message),
    taskId: typeof task === 'string' ? task : undefined,
    taskName: typeof functionId === 'number' ? nameOf(functionId) : undefined,
    stderr: typeof stderr === 'string' ? stderr : undefined,
  }
}
