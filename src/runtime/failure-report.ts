import { HatcheryError, isHatcheryErrorCode } from '../errors/index.js'

/** Deeper chains of causes than this say nothing more. */
const DEPTH = 5
/** Characters of a text at most: the report travels in one message, and nobody reads more. */
const LONGEST_TEXT = 8_000

/** An error as the JSON in which zygote and worker report that they cannot start. */
export function failureReport(error: unknown, code: string): string {
  const own = error instanceof HatcheryError && isHatcheryErrorCode(error.code) ? error.code : code
  return JSON.stringify({ ...describe(error, 0), code: own })
}

/** Any error as JSON: name, message, stack, code and causes. */
export function errorReport(error: unknown): string {
  return JSON.stringify(describe(error, 0))
}

function describe(error: unknown, depth: number): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: shortened(String(error)) }
  const { name, message, stack, code } = error as Error & { code?: unknown }
  const cause = error.cause === undefined || depth >= DEPTH ? undefined : describe(error.cause, depth + 1)
  return { name, message: shortened(message), stack: stack && shortened(stack), code, cause }
}

function shortened(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}…`
}
