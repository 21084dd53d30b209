/** What the page has the daemon do; whatever disturbs is asked about first. */

import type { DaemonStats } from '../api/types.js'
import type { WorkerStats } from '../host/stats.js'
import type { Daemon } from './daemon.js'
import { ask, field } from './dialogs.js'
import { byId } from './dom.js'

const BUTTONS = ['quiet', 'resize', 'recycle'] as const

export class Actions {
  readonly #daemon: Daemon
  readonly #onFault: (error: unknown) => void
  #stats: DaemonStats | undefined

  /** @param onFault told of what could not be done, where nobody was asked */
  constructor(daemon: Daemon, onFault: (error: unknown) => void) {
    this.#daemon = daemon
    this.#onFault = onFault
    byId('quiet').addEventListener('click', () => this.#quiet())
    byId('resize').addEventListener('click', () => this.#resize())
    byId('recycle').addEventListener('click', () => this.#recycle())
  }

  /** What there is to act on; undefined: nothing now. */
  update(stats: DaemonStats | undefined): void {
    this.#stats = stats
    for (const id of BUTTONS) byId<HTMLButtonElement>(id).disabled = stats === undefined || stats.service.stopping
    if (stats !== undefined) byId('quiet').textContent = stats.service.quiet ? 'Resume' : 'Quiet'
  }

  restart({ id, tasks, inFlight }: WorkerStats): void {
    const busy =
      inFlight === 0
        ? 'It has nothing to do.'
        : `It ends what it has begun${tasks[0] ? ` (${tasks[0].name})` : ''} first.`
    void ask({
      title: `Restart worker #${id}?`,
      body: `Another worker takes its place. ${busy}`,
      action: 'Restart',
      act: () => this.#daemon.post(`/v1/workers/${id}/restart`),
    })
  }

  #quiet(): void {
    if (this.#stats?.service.quiet) {
      // It disturbs nobody.
      this.#daemon.post('/v1/pool/resume').catch(this.#onFault)
      return
    }
    void ask({
      title: 'Take no tasks?',
      body: 'Tasks that are there go on. New ones are refused with 503 until you resume.',
      action: 'Quiet',
      act: () => this.#daemon.post('/v1/pool/quiet'),
    })
  }

  #resize(): void {
    const { minWorkers = 1, maxWorkers = 1 } = this.#stats?.service ?? {}
    const number = { type: 'number', min: 0, max: 1024, step: 1, required: true }
    const [least, min] = field('At least', { ...number, value: minWorkers, id: 'resize-min' })
    const [most, max] = field('At most', { ...number, min: 1, value: maxWorkers, id: 'resize-max' })
    void ask({
      title: 'Number of workers',
      body: 'Workers that are too many leave once they have ended what they have begun.',
      action: 'Resize',
      fields: [least, most],
      act: async () => {
        if (min.valueAsNumber > max.valueAsNumber) throw new Error('The least number is greater than the most.')
        await this.#daemon.post('/v1/pool/resize', { min: min.valueAsNumber, max: max.valueAsNumber, wait: false })
      },
    })
  }

  #recycle(): void {
    const workers = this.#stats?.workers.length ?? 0
    void ask({
      title: `Restart all ${workers} workers?`,
      body: 'They are replaced some at a time, each once it has ended what it has begun. They run the same code; no task is lost.',
      action: 'Restart all',
      act: () => this.#daemon.post('/v1/pool/recycle'),
    })
  }
}
