/** Where workers write down which tasks they have begun, past everything the pool does itself. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Bytes of an entry: the number of a task. */
export const ENTRY = 4

/**
 * A folder with a file for each process, to which it appends an entry as a task begins. The page cache keeps what was
 * written, however the process ends.
 */
export class SideLog {
  readonly folder = mkdtempSync(join(tmpdir(), 'hatchery-chaos-'))

  /** How often each of the first `tasks` tasks was begun; empties the log. */
  take(tasks: number): Uint8Array {
    const begun = new Uint8Array(tasks)
    for (const name of readdirSync(this.folder)) {
      const file = join(this.folder, name)
      const bytes = readFileSync(file)
      unlinkSync(file)
      for (let at = 0; at + ENTRY <= bytes.length; at += ENTRY) {
        const task = bytes.readUInt32LE(at)
        if (task >= tasks) throw new Error(`the side log has task ${task}, and there were ${tasks}`)
        begun[task] = (begun[task] as number) + 1
      }
    }
    return begun
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
