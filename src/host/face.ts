import type { EventEmitter } from 'node:events'
import { nextTick } from 'node:process'
import type { PoolEvents } from './pool-events.js'

/** What the inside of a pool sees of its outside: those who listen. */
export class Face {
  readonly #emitter: EventEmitter

  constructor(emitter: EventEmitter) {
    this.#emitter = emitter
  }

  /** Whether anybody listens to this event. */
  isHeard(name: keyof PoolEvents): boolean {
    return this.#emitter.listenerCount(name) > 0
  }

  /** Never from within the driver's call: a listener may throw, or close the pool. */
  emitLater<Name extends keyof PoolEvents>(name: Name, ...details: PoolEvents[Name]): void {
    if (this.isHeard(name)) nextTick(() => this.#emitter.emit(name, ...details))
  }
}
