import { safeString } from '../errors/safe-string.js'
import type { HealthCheck } from '../host/pool-health.js'
import type { ExtraCheck } from './routes.js'

/**
 * Asks checks of the caller's. One that takes too long has failed, and is not called again until it has answered: whoever probes
 * gets an answer, and a check that hangs hangs once.
 */
export class Inquiries {
  readonly #timeout: number
  readonly #pending = new Map<ExtraCheck, Inquiry>()

  /** @param timeout how long an answer may take, in milliseconds */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** What all of them say. */
  ask(checks: Readonly<Record<string, ExtraCheck>>): Promise<HealthCheck[]> {
    return Promise.all(Object.entries(checks).map(([name, check]) => this.#ask(name, check)))
  }

  async #ask(name: string, check: ExtraCheck): Promise<HealthCheck> {
    const inquiry = this.#pending.get(check) ?? this.#begin(check)
    return { name, ...(await inquiry) }
  }

  /** It is waited for by one timer and one promise, however many ask. */
  #begin(check: ExtraCheck): Inquiry {
    const inquiry = new Promise<Answer>((resolve) => {
      const late = { ok: false, detail: `no answer within ${this.#timeout} ms` }
      // Whoever asks keeps the process alive, if anybody does.
      const timer = setTimeout(() => resolve(late), this.#timeout).unref()
      void answerOf(check).then((answer) => {
        clearTimeout(timer)
        this.#pending.delete(check)
        resolve(answer)
      })
    })
    this.#pending.set(check, inquiry)
    return inquiry
  }
}

/** Settles when a check has answered or its time is up, and is kept until it has answered. */
type Inquiry = Promise<Answer>

type Answer = Pick<HealthCheck, 'ok' | 'detail'>

async function answerOf(check: ExtraCheck): Promise<Answer> {
  try {
    const detail = await check()
    return { ok: detail === undefined, detail: detail ?? 'ok' }
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : safeString(error) }
  }
}
