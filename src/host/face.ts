import type { Channel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import { emitWarning, nextTick } from 'node:process'
import type { Pool } from './pool.js'
import type { PoolEvents, PoolWarning } from './pool-events.js'
import { EVENT_CHANNELS } from './tracing/channels.js'

/** What the inside of a pool sees of its outside: those who listen, to its events or on diagnostics channels. */
export class Face {
  readonly pool: Pool
  readonly #emitter: EventEmitter

  constructor(pool: Pool) {
    this.pool = pool
    this.#emitter = pool as EventEmitter
  }

  /** Whether anybody listens to this event. */
  isHeard(name: keyof PoolEvents): boolean {
    return this.#emitter.listenerCount(name) > 0
  }

  /** Never from within the driver's call: a listener may throw, or close the pool. */
  emitLater<Name extends keyof PoolEvents>(name: Name, ...details: PoolEvents[Name]): void {
    if (this.isHeard(name)) nextTick(() => this.#emitter.emit(name, ...details))
    const [detail] = details
    this.publishLater(EVENT_CHANNELS[name], name === 'error' ? { error: detail } : detail)
  }

  /** Without a listener it is a warning of the process. */
  warnLater(warning: PoolWarning): void {
    if (this.isHeard('warning')) this.emitLater('warning', warning)
    else emitWarning(warning.message, 'HatcheryWarning')
  }

  /** The same on a channel alone. */
  publishLater(channel: Channel, details: object | undefined): void {
    if (channel.hasSubscribers) nextTick(() => channel.publish({ pool: this.pool, ...details }))
  }
}
