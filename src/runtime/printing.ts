import process from 'node:process'
import type { WorkerConfig } from './config.js'

/** A task as observers know it. */
export interface PrintingTask {
  readonly index: number
  readonly generation: number
  readonly functionId: number
}

/** What a stream of the process has beside what Node's types tell of. */
interface PrintStream {
  write(chunk: unknown, encoding?: unknown, done?: unknown): boolean
  readonly _handle?: { setBlocking?(on: boolean): void }
}

/** Around what a task prints. `crates/core/src/driver/output/lines.rs` reads them. */
const OVER = '\x1b_hatchery:\x1b\\'
const beginning = ({ functionId, index, generation }: PrintingTask) =>
  `\x1b_hatchery:${functionId}:${index >>> 0}.${generation >>> 0}\x1b\\`

/**
 * Marks what is printed through `process.stdout` and `process.stderr` with the task that prints it, where the host reads it.
 *
 * @param running the task whose code runs now
 */
export function markOutput(
  captures: NonNullable<WorkerConfig['captures']>,
  running: () => PrintingTask | undefined,
): void {
  for (const name of captures) {
    const stream = process[name] as unknown as PrintStream
    // As to a file: what is printed has left this process when the call returns, and is not lost with it.
    stream._handle?.setBlocking?.(true)
    const write = stream.write
    stream.write = function (this: PrintStream, chunk, encoding, done) {
      const task = running()
      const framed = task === undefined ? undefined : frame(beginning(task), chunk, encoding)
      return write.call(this, framed ?? chunk, encoding, done)
    }
  }
}

function frame(begin: string, chunk: unknown, encoding: unknown): string | Buffer | undefined {
  if (typeof chunk === 'string') {
    if (typeof encoding !== 'string' || /^utf-?8$/i.test(encoding)) return begin + chunk + OVER
    if (!Buffer.isEncoding(encoding)) return undefined
    return Buffer.concat([Buffer.from(begin), Buffer.from(chunk, encoding), Buffer.from(OVER)])
  }
  // Anything else is for the stream to refuse.
  if (!(chunk instanceof Uint8Array)) return undefined
  return Buffer.concat([Buffer.from(begin), chunk, Buffer.from(OVER)])
}
