import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.js'

/**
 * Holds a worker in a task until it is opened. The task is told {@link Gate.path}; it makes `PATH.in` when it has come
 * in and goes on when `PATH.out` is there; the other half is fixtures/gate.ts.
 */
export class Gate implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'hatchery-test-'))
  readonly path = join(this.#folder, 'gate')

  /** Waits until a task has come in. */
  async entered(limit = 10_000): Promise<void> {
    await until(() => existsSync(`${this.path}.in`), limit, 'a task has reached the gate')
  }

  /** Lets it go on. */
  open(): void {
    writeFileSync(`${this.path}.out`, '')
  }

  /** A path beside the gate, for a task to leave a note. */
  note(name: string): string {
    return join(this.#folder, name)
  }

  /** Opens it, for whoever may still be waiting, and removes it. */
  [Symbol.dispose](): void {
    try {
      this.open()
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }
}
