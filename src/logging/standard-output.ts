/** Entries to standard output. */
import process from 'node:process'
import { type DestinationStream, destination } from 'pino'
import { isJournal, withPriorities } from './journal.js'

/** What is kept while it cannot be written, in bytes; entries beyond that are lost. */
const MOST_KEPT = 64 * 1024

/**
 * Standard output for pino. If it cannot be written (its disk is full, say), that costs entries and a line on standard error, as
 * with a file, and never the process; if nobody reads it any more, nothing is said.
 */
export function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true, maxLength: MOST_KEPT })
  let lost: number | undefined
  output.on('error', (error: NodeJS.ErrnoException) => {
    // Of one failure there may be two: pino passes on what it does not take for its own.
    if (lost !== undefined) return
    lost = 0
    tell(`standard output cannot be written: ${error.message}`)
  })
  output.on('drop', () => {
    lost = (lost ?? 0) + 1
  })
  output.on('write', () => {
    if (lost === undefined) return
    tell(`standard output is written again${lost === 0 ? '' : `; ${lost} entries are lost`}`)
    lost = undefined
  })
  return isJournal(1) ? withPriorities(output) : output
}

function tell(message: string): void {
  process.stderr.write(`hatchery: ${message}\n`)
}
