import { ERROR_CODES, HatcheryError } from '../../errors/index.js'
import type { ServiceSettings } from '../settings.js'

/** May change while the daemon runs. */
type Limits = Pick<ServiceSettings, 'maxBodySize' | 'maxPendingBytes'>

/** The bodies of requests that are being read, and of tasks that are pending: all of them together are bounded. */
export class BodyBudget {
  readonly #limits: Limits
  #bytes = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** Bytes of all bodies there are. */
  get bytes(): number {
    return this.#bytes
  }

  /** Most bytes of one body. */
  get maxBodySize(): number {
    return this.#limits.maxBodySize
  }

  /** Whether so many bytes more are too many. One body by itself never is. */
  isTooMuch(bytes: number): boolean {
    const { maxPendingBytes, maxBodySize } = this.#limits
    return this.#bytes + bytes > Math.max(maxPendingBytes, maxBodySize)
  }

  /** Begins to count a body. */
  open(): BodyShare {
    let own = 0
    return {
      add: (bytes) => {
        if (this.isTooMuch(bytes)) throw this.refusal()
        own += bytes
        this.#bytes += bytes
      },
      release: () => {
        this.#bytes -= own
        own = 0
      },
    }
  }

  /** The error for a body that there is no room for. */
  refusal(): HatcheryError {
    return new HatcheryError(
      ERROR_CODES.QUEUE_FULL,
      `Requests and pending tasks of ${this.#bytes} bytes are here already, and more are not taken (max_pending_bytes). ` +
        'Send this again when some of them are done.',
    )
  }
}

/** What one body takes up of the budget. */
export interface BodyShare {
  /** @throws ERR_HATCHERY_QUEUE_FULL */
  add(bytes: number): void
  /** It is not here any more; again: nothing. */
  release(): void
}
