import type { NativePool } from '../native/index.js'

/**
 * Keeps the event loop alive while somebody waits for the pool, and no longer: a script whose tasks are done ends
 * even if it never closes its pool.
 */
export class Liveness {
  readonly #keepAlive: (alive: boolean) => void
  #holds = 0
  #busy = false
  #ended = false
  /** What the user has said; undefined: as the work demands. */
  #wish: boolean | undefined
  /** Called when tasks are pending again. */
  onBusy: () => void = () => {}
  /** As the native pool was told last. */
  #alive = false

  constructor(native: Pick<NativePool, 'makeKeepAlive'>) {
    this.#keepAlive = native.makeKeepAlive()
  }

  /** Whatever is pending, the loop is kept alive (true) or not (false). */
  wish(alive: boolean | undefined): void {
    this.#wish = alive
    this.#tell()
  }

  /** One reason more to stay alive. */
  hold(): void {
    if (this.#holds++ === 0) this.#tell()
  }

  /** One reason less. */
  release(): void {
    if (--this.#holds === 0) this.#tell()
  }

  /** Tasks are pending: one reason, however many there are. */
  busy(): void {
    if (this.#busy) return
    this.#busy = true
    this.hold()
    this.onBusy()
  }

  /** No task is pending. Returns true if that is news. */
  idle(): boolean {
    if (!this.#busy) return false
    this.#busy = false
    this.release()
    return true
  }

  /** The native pool is gone and is not spoken to any more. */
  end(): void {
    this.#ended = true
  }

  #tell(): void {
    const alive = this.#wish ?? this.#holds > 0
    if (alive === this.#alive || this.#ended) return
    this.#alive = alive
    this.#keepAlive(alive)
  }
}
