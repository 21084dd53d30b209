/** Where workers write down which tasks they have begun, past everything the pool does itself. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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

  /** Bytes of each file that were taken: who writes it goes on writing. */
  readonly #taken = new Map<string, number>()

  /** How often each of the first `tasks` tasks was begun, by what was written since the last call. */
  take(tasks: number): Uint8Array {
    const begun = new Uint8Array(tasks)
    for (const name of readdirSync(this.folder)) {
      const bytes = readFileSync(join(this.folder, name))
      const start = this.#taken.get(name) ?? 0
      this.#taken.set(name, bytes.length)
      for (let at = start; at + ENTRY <= bytes.length; at += ENTRY) {
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
