/**
 * systemd's journal as standard output. It stores each line with a priority, which a line may name in a prefix of its own:
 * sd-daemon(3). The journal takes the prefix away, so what it stores is JSON.
 */
import { fstatSync } from 'node:fs'
import process from 'node:process'
import type { DestinationStream } from 'pino'

/** Asks pino to say the level of each entry. */
const WITH_METADATA = Symbol.for('pino.metadata')

/** Whether this descriptor is the stream to the journal that systemd speaks of, and not something it was replaced by. */
export function isJournal(descriptor: number, stream = process.env['JOURNAL_STREAM']): boolean {
  if (stream === undefined) return false
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true })
    return stream === `${dev}:${ino}`
  } catch {
    return false
  }
}

/** A destination for pino that puts the priority before each line. */
export function withPriorities(journal: DestinationStream): DestinationStream {
  return {
    [WITH_METADATA]: true,
    lastLevel: 0,
    write(line: string) {
      journal.write(`<${priorityOf(this.lastLevel)}>${line}`)
    },
  } as DestinationStream & { lastLevel: number }
}

/** By pino's level what syslog calls it, from 7 (debug) to 2 (critical). */
function priorityOf(level: number): number {
  if (level >= 60) return 2
  if (level >= 50) return 3
  if (level >= 40) return 4
  return level >= 30 ? 6 : 7
}
