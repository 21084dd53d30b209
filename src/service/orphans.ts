import process from 'node:process'
import { loadNative } from '../native/index.js'
import type { Companion } from './service.js'

/**
 * How often it is looked, in milliseconds. What has ended is reaped at the second look: until then whoever started it, the
 * pool or Node itself, would have done so.
 */
const PAUSE = 2000

/** What a daemon as process 1 owes to processes that have lost their parents: programs that tasks have left behind, say. */
export class Orphans implements Companion {
  #timer: NodeJS.Timeout | undefined

  async start(): Promise<void> {
    if (process.pid !== 1) return
    const orphans = new (loadNative().Orphans)()
    this.#timer = setInterval(() => orphans.look(), PAUSE)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
  }
}
