import type { CrashInfo, DaemonEvent } from '../../../client/index.js'
import type { Style } from '../../terminal/style.js'
import { cut, harmless } from '../../terminal/width.js'

/** The last crashes, latest first, with the end of what the workers wrote to standard error. */
export function crashLines(
  crashes: readonly CrashInfo[],
  { columns, rows }: { columns: number; rows: number },
  style: Style,
): string[] {
  if (crashes.length === 0 || rows < 2) return []
  const lines = [style.bold('LAST CRASHES')]
  for (const crash of [...crashes].reverse()) {
    if (lines.length >= rows) break
    lines.push(style.red(cut(crashText(crash), columns)))
    const said = (crash.stderr ?? '')
      .split('\n')
      .map(harmless)
      .filter((line) => line.trim() !== '')
    // The last lines tell most, and every crash shall have some.
    const room = Math.min(said.length, 4, rows - lines.length)
    for (const line of said.slice(said.length - room)) lines.push(style.dim(cut(`  | ${line}`, columns)))
  }
  return lines
}

function crashText({ at, workerId, pid, taskName, code, message }: CrashInfo): string {
  const task = taskName === undefined ? '' : ` task ${taskName}:`
  return harmless(
    `${clock(at)} worker ${workerId} (pid ${pid})${task} ${message}${code === undefined ? '' : ` (${code})`}`,
  )
}

/** What has happened lately, latest first. */
export function eventLines(
  events: readonly DaemonEvent[],
  { columns, rows }: { columns: number; rows: number },
  style: Style,
): string[] {
  if (events.length === 0 || rows < 2) return []
  const texts = events
    .slice(-(rows - 1))
    .reverse()
    .map(eventText)
  return [style.bold('LATELY'), ...texts.map((text) => style.dim(cut(text, columns)))]
}

function eventText({ type, data }: DaemonEvent): string {
  const { time, ...rest } = (data ?? {}) as Record<string, unknown>
  const words = Object.entries(rest)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key} ${String(value)}`)
  return harmless(`${clock(time)} ${type}  ${words.join(', ')}`)
}

/** `12:03:59`, by the clock of whoever looks. */
function clock(time: unknown): string {
  const date = new Date(String(time))
  return Number.isNaN(date.getTime()) ? '        ' : date.toTimeString().slice(0, 8)
}
