import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, CrashInfo, DaemonEvent } from '../../client/index.js'
import { ERROR_CODES, HatcheryError } from '../../client/index.js'
import type { Figures, Sample } from './figures.js'

/** Until a stream of events that was lost is asked for again, in milliseconds. */
const PAUSE = 1000
/** Events that make the figures other ones at once. */
const STIRRING = /^(worker-|scale|reload|quiet|resumed|stopping)/

/** Who wants to know. */
export interface FeedListener {
  onSample(sample: Sample): void
  onEvent(event: DaemonEvent): void
  /** The daemon does not answer; it will be asked again. */
  onLost(error: Error): void
}

/** How a daemon is: its figures at intervals, and at once when something has happened; its events. */
export class Feed {
  readonly #client: Client
  readonly #interval: number
  readonly #end = new AbortController()
  #crashes: readonly CrashInfo[] = []
  /** The crashes that are known of. */
  #crashed: number | undefined
  #hurry: (() => void) | undefined

  constructor(client: Client, interval: number) {
    this.#client = client
    this.#interval = interval
  }

  /** One look. */
  async look(): Promise<Sample> {
    const figures: Figures = await this.#client.stats({ signal: this.#end.signal })
    const { workersCrashed = 0 } = figures
    if (workersCrashed !== this.#crashed) {
      this.#crashes = await this.#client.crashes()
      this.#crashed = workersCrashed
    }
    return { at: performance.now(), figures, crashes: this.#crashes }
  }

  /** Looks again and again, until {@link end}. */
  start(listener: FeedListener): void {
    void this.#poll(listener)
    void this.#watch(listener)
  }

  /** Looks at once. */
  refresh(): void {
    this.#hurry?.()
  }

  end(): void {
    this.#end.abort()
    this.#hurry?.()
  }

  async #poll(listener: FeedListener): Promise<void> {
    for (;;) {
      await this.#pause(this.#interval)
      if (this.#end.signal.aborted) return
      try {
        listener.onSample(await this.look())
      } catch (error) {
        if (this.#end.signal.aborted) return
        // Another daemon may come, whose crashes are others.
        this.#crashed = undefined
        listener.onLost(error as Error)
      }
    }
  }

  async #watch(listener: FeedListener): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        for await (const event of this.#client.watch({ signal })) {
          listener.onEvent(event)
          if (STIRRING.test(event.type)) this.refresh()
        }
      } catch (error) {
        // A daemon that has no such stream.
        if (error instanceof HatcheryError && error.code === ERROR_CODES.NOT_FOUND) return
      }
      await sleep(PAUSE, undefined, { signal }).catch(() => {})
    }
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const proceed = () => {
        clearTimeout(timer)
        this.#hurry = undefined
        resolve()
      }
      const timer = setTimeout(proceed, milliseconds)
      this.#hurry = proceed
      if (this.#end.signal.aborted) proceed()
    })
  }
}
