import { fstatSync } from 'node:fs'
import process from 'node:process'
import { parse, stringify } from '../../api/values.js'
import { ERROR_CODES, HatcheryError, isHatcheryErrorCode, safeString } from '../../errors/index.js'
import { type OutputInfo, Pool } from '../../host/index.js'
import { loadNative } from '../../native/index.js'
import { FAILED, OK } from '../exit-codes.js'
import { harmless } from '../terminal/width.js'
import type { RunFlags } from './flags.js'
import { Interruption } from './interruption.js'
import { type Line, LONGEST, readLines } from './lines.js'
import { LineOutput } from './output.js'
import { Progress, summaryText, type Tally } from './progress.js'
import { pump } from './pump.js'

/** Failures after which no other task would do better: they are told once. */
const FATAL: ReadonlySet<unknown> = new Set([
  ERROR_CODES.TASK_UNKNOWN,
  ERROR_CODES.WORKER_FILE_NOT_FOUND,
  ERROR_CODES.WORKER_MODULE_FAILED,
  ERROR_CODES.WORKER_START_FAILED,
  ERROR_CODES.PRELOAD_FAILED,
  ERROR_CODES.PLATFORM_UNSUPPORTED,
  ERROR_CODES.POOL_FAILED,
  ERROR_CODES.RESTART_LIMIT,
])

/** Runs a task for each line of standard input; the exit code. */
export async function runLines(flags: RunFlags): Promise<number> {
  const startedAt = performance.now()
  const tally: Tally = { done: 0, failed: 0, bytes: 0 }
  const talks = !flags.json && !flags.quiet
  // Where somebody types, there is nothing between the lines.
  const typed = process.stdin.isTTY === true
  const progress = new Progress(process.stderr, tally, { total: inputSize(), wanted: talks && !typed })
  const pool = makePool(flags, progress)
  const interruption = new Interruption(
    () => {
      if (talks) progress.print(STOPPING)
    },
    () => void pool.destroy(),
  )
  const output = new LineOutput(process.stdout, () => interruption.giveUp())
  try {
    await pool.ready
    if (talks && typed) progress.print(TYPED)
    const readyAt = performance.now()
    const outcomes = pump(linesOf(flags, interruption), {
      run: (line) => runTask(pool, flags, line),
      limit: () => windowOf(pool, tally, performance.now() - readyAt),
      ordered: flags.ordered,
    })
    for await (const outcome of outcomes) {
      if (output.gone) break
      const { item } = outcome
      tally.bytes += item.bytes
      const written = outcome.ok ? resultLine(flags, item, outcome.value) : { error: outcome.error }
      if ('line' in written) {
        tally.done++
        await output.write(written.line)
        continue
      }
      if (interruption.killed) break
      if (FATAL.has((written.error as { code?: unknown })?.code)) throw written.error
      tally.failed++
      progress.print(shown(errorLine(flags, item, written.error)))
      if (flags.failFast) break
    }
    await output.end()
    if (output.failure !== undefined) throw cannotWrite(output.failure)
  } finally {
    interruption.end()
    progress.end()
    await pool.destroy()
    // Else an input that nobody ends keeps the process.
    process.stdin.destroy()
  }
  if (!flags.quiet && !output.gone) tellSummary(flags, tally, performance.now() - startedAt)
  return interruption.exitCode ?? (tally.failed > 0 ? FAILED : OK)
}

function makePool(flags: RunFlags, progress: Progress): Pool {
  const { workers = loadNative().defaultParallelism(), concurrency, preload } = flags
  const pool = new Pool({
    filename: flags.worker,
    minWorkers: workers,
    maxWorkers: workers,
    concurrency,
    preload,
    // Standard output is for results.
    stdio: 'pipe',
    handleSignals: false,
  })
  const printed = ({ line, stream, taskName }: OutputInfo) => {
    return flags.json ? JSON.stringify({ output: { stream, taskName, text: line } }) : shown(line)
  }
  pool.on('output', (output) => progress.print(printed(output)))
  return pool
}

/** What may have come from anywhere: on a terminal it does nothing but stand there. */
function shown(line: string): string {
  return process.stderr.isTTY === true ? harmless(line) : line
}

const STOPPING = 'Stopping: no further line is taken. Once more, and tasks that have begun are killed.'
const TYPED = 'Reading from the terminal: a line is the argument of a task. Ctrl-D ends it.'
/** The most tasks under way, however short they are. */
const MOST = 1024
/** Milliseconds of work that may be under way beyond what keeps workers busy. */
const AHEAD = 100

/**
 * How many tasks are under way or wait: enough to keep workers busy, and more of those that are short, as far as an end
 * does not have to wait long for them.
 */
function windowOf(pool: Pool, { done, failed }: Tally, elapsed: number): number {
  const { maxWorkers, concurrency } = pool.options
  const least = Math.max(16, 4 * maxWorkers * concurrency)
  return Math.max(least, Math.min(MOST, ((done + failed) / elapsed) * AHEAD))
}

async function* linesOf({ input }: RunFlags, interruption: Interruption): AsyncGenerator<Line, void, undefined> {
  try {
    for await (const line of readLines(process.stdin)) {
      if (interruption.stopping) return
      if (input === 'lines' || line.tooLong === true || line.text.trim() !== '') yield line
    }
  } catch (error) {
    // Standard input was closed so that it is waited for no longer.
    if (!interruption.stopping) throw error
  }
}

async function runTask(
  pool: Pool,
  { name, input, timeout, retries }: RunFlags,
  { text, tooLong, bytes }: Line,
): Promise<unknown> {
  if (tooLong === true) {
    const message = `The line has ${bytes} bytes; at most ${LONGEST} are taken. Hand large data over by the name of a file.`
    throw new HatcheryError(ERROR_CODES.BAD_INPUT, message)
  }
  const payload = input === 'lines' ? text : parseLine(text)
  return pool.run(payload, { name, timeout, retries })
}

function parseLine(text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    const message = `The line is no JSON: ${(cause as Error).message}. For plain text there is --input lines.`
    throw new HatcheryError(ERROR_CODES.BAD_INPUT, message, undefined, { cause })
  }
}

/** The line for a result, or why there is none. */
function resultLine(
  { json, output }: RunFlags,
  { number }: Line,
  value: unknown,
): { line: string } | { error: unknown } {
  if (output === 'lines' && !json && typeof value === 'string') return { line: value }
  try {
    // What is undefined leaves a line as well, so that lines can be counted.
    const result = stringify(value) ?? 'null'
    return { line: json ? `{"line":${number},"result":${result}}` : result }
  } catch (cause) {
    const message = `The result cannot be put into JSON: ${(cause as Error).message}.`
    return { error: new HatcheryError(ERROR_CODES.DATA_CLONE, message, undefined, { cause }) }
  }
}

function errorLine({ json }: RunFlags, { number }: Line, thrown: unknown): string {
  const { name, code, message } = partsOf(thrown)
  if (json) return JSON.stringify({ line: number, error: { name, code, message } })
  // Our own messages say it all, those of others may be but a word.
  const what = isHatcheryErrorCode(code) ? message : `${name}: ${message}`
  return `line ${number}: ${what}${code === undefined ? '' : ` (${code})`}`
}

/** A task may have thrown anything, and made anything of an error. */
function partsOf(thrown: unknown): { name: string; code: string | undefined; message: string } {
  if (!(thrown instanceof Error)) {
    return { name: 'Error', code: undefined, message: `the task has thrown ${textOf(thrown)}` }
  }
  const { name, code, message } = thrown as NodeJS.ErrnoException
  return { name: safeString(name), code: code === undefined ? code : safeString(code), message: safeString(message) }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return stringify(value) ?? safeString(value)
  } catch {
    return safeString(value)
  }
}

function tellSummary({ json }: RunFlags, tally: Tally, elapsed: number): void {
  const { done, failed } = tally
  const text = json ? JSON.stringify({ summary: { done, failed, elapsed } }) : summaryText(tally, elapsed)
  process.stderr.write(`${text}\n`)
}

function cannotWrite(cause: Error): HatcheryError {
  const message = `The results cannot be written: ${cause.message}.`
  return new HatcheryError(ERROR_CODES.SYSTEM, message, undefined, { cause })
}

/** Bytes of standard input, if it is a file. */
function inputSize(): number | undefined {
  const input = fstatSync(0)
  return input.isFile() ? input.size : undefined
}
