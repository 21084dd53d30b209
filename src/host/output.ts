import type { PoolEventRecord } from './settlement.js'

/** A line that a worker, or the zygote, has printed; only where the pool reads that (`stdio: 'pipe'`). */
export interface OutputInfo {
  /** The pool's number for the worker; undefined: the zygote has printed it. */
  readonly workerId: number | undefined
  /** Process id of the worker. */
  readonly pid: number | undefined
  /** The task that has printed it, as `current.id` has it there; undefined if no task has, or nobody knows which. */
  readonly taskId: string | undefined
  /** The export that the task has called. */
  readonly taskName: string | undefined
  /** Where it was printed. */
  readonly stream: 'stdout' | 'stderr'
  /** Without its end. */
  readonly line: string
  /** The line is longer than 64 KiB, and the next one goes on with it. */
  readonly continues?: true
  /** Lines left out before this one, since this process took none for too long. */
  readonly dropped?: number
}

interface LineRecord {
  readonly text: string
  readonly task?: string
  readonly function?: number
  readonly continues?: true
}

/** The lines of an `output` event. */
export function outputLines(event: PoolEventRecord, nameOf: (functionId: number) => string | undefined): OutputInfo[] {
  const { worker, pid, stream, lines, dropped } = event as PoolEventRecord & {
    readonly stream: OutputInfo['stream']
    readonly lines: readonly LineRecord[]
    readonly dropped: number
  }
  return lines.map(({ text, task, function: functionId, continues }, at) => ({
    workerId: typeof worker === 'number' ? worker : undefined,
    pid: typeof pid === 'number' ? pid : undefined,
    taskId: task,
    taskName: functionId === undefined ? undefined : nameOf(functionId),
    stream,
    line: text,
    ...(continues && { continues }),
    ...(at === 0 && dropped > 0 && { dropped }),
  }))
}
