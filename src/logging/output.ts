import type { DestinationStream } from 'pino'

/** Has pino say the level of each entry. */
const WITH_METADATA = Symbol.for('pino.metadata')

/** Where entries go, which may become another place while they are written. */
export class Output implements DestinationStream {
  #target: DestinationStream & { [WITH_METADATA]?: boolean; lastLevel?: number }

  constructor(target: DestinationStream) {
    this.#target = target
  }

  /** Entries go there from now on. */
  become(target: DestinationStream): void {
    this.#target = target
  }

  write(entry: string): void {
    this.#target.write(entry)
  }

  get [WITH_METADATA](): boolean {
    return this.#target[WITH_METADATA] === true
  }

  set lastLevel(level: number) {
    this.#target.lastLevel = level
  }
}
