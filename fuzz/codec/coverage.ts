/** Which blocks of the code under test have run, as V8 counts them. */
import { Session } from 'node:inspector/promises'

/** Follows the scripts whose address holds `part`. */
export class Coverage {
  readonly #session = new Session()
  readonly #part: string

  constructor(part: string) {
    this.#part = part
  }

  async start(): Promise<void> {
    this.#session.connect()
    await this.#session.post('Profiler.enable')
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Names of the blocks that have run since the last call. A look takes about a millisecond. */
  async ran(): Promise<string[]> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage')
    return result
      .filter(({ url }) => url.includes(this.#part))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .filter(({ count }) => count > 0)
      .map(({ startOffset, endOffset }) => `${startOffset} ${endOffset}`)
  }
}
