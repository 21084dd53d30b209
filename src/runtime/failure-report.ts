import { fromNativeError, HatcheryError, isHatcheryErrorCode, safeString } from '../errors/index.js'
import { withoutOwnFrames } from '../errors/own-frames.js'

/** Deeper chains of causes than this say nothing more. */
const DEPTH = 5
/** Bytes of a report at most: the host takes no longer ones from a worker. */
const LONGEST = 15_000
/** Characters of one text at most, tried until the report is not too long: nobody reads more. */
const LIMITS = [8_000, 2_000, 400, 100] as const

/** An error as the JSON in which zygote and worker report that they cannot start. */
export function failureReport(error: unknown, code: string): string {
  const own = error instanceof HatcheryError && isHatcheryErrorCode(error.code) ? error.code : code
  return report(fromNativeError(error), { code: own })
}

/** Any error as JSON: name, message, stack, code, other properties and causes. */
export function errorReport(error: unknown): string {
  return report(error, {})
}

function report(error: unknown, more: Record<string, unknown>): string {
  let text = ''
  for (const limit of LIMITS) {
    text = JSON.stringify({ ...describe(error, limit, 0), ...more })
    if (Buffer.byteLength(text) <= LONGEST) break
  }
  return text
}

function describe(error: unknown, limit: number, depth: number): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: shortened(safeString(error), limit) }
  const { name, message, stack, code } = error as Error & { code?: unknown }
  return {
    name,
    message: shortened(message, limit),
    stack: stack && shortened(withoutOwnFrames(stack), limit),
    code,
    properties: propertiesOf(error, limit),
    cause: error.cause === undefined || depth >= DEPTH ? undefined : describe(error.cause, limit, depth + 1),
  }
}

/** What else it has that JSON can say; undefined if nothing. */
function propertiesOf(error: Error, limit: number): Record<string, unknown> | undefined {
  const properties: Record<string, unknown> = {}
  let length = 0
  for (const [key, value] of Object.entries(error)) {
    if (key === 'code' || key === 'name' || key === 'message' || key === 'stack' || key === 'cause') continue
    const text = toJson(value)
    length += key.length + (text?.length ?? 0)
    if (text !== undefined && length <= limit) properties[key] = JSON.parse(text)
  }
  return Object.keys(properties).length > 0 ? properties : undefined
}

/** Undefined for what JSON has no words for. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`
}
