import type { DashboardEvents } from '../../api/dashboard.js'
import { formatEvent } from '../../api/event-stream.js'
import { stringify } from '../../api/values.js'
import { EventLog } from '../event-log.js'
import { EventResponse } from '../http/event-response.js'
import type { Exchange } from '../http/exchange.js'
import type { Route } from '../http/router.js'
import type { Companion, Service } from '../service.js'
import { History } from './history.js'
import { packageVersion, pageRoutes } from './page.js'
import { TaskWatch } from './task-watch.js'

/** Pauses between two looks at the pool, and at its tasks, in milliseconds. */
const SAMPLE = 1000
const TASKS = 250
/** What a page that is behind, or comes back, may still have. */
const LOG = { maxEvents: 512, maxBytes: 4 << 20 }

/** What the page shows: the page itself, the pool over time, and its tasks while somebody looks. */
export class Dashboard implements Companion {
  readonly #log = new EventLog(LOG)
  #history: History | undefined
  #tasks: TaskWatch | undefined
  #timers: NodeJS.Timeout[] = []
  #ignore: (() => void) | undefined

  /** Its paths. */
  routes(service: Service): Route[] {
    this.#history = new History(service.pool)
    this.#tasks = new TaskWatch(service.pool)
    const follow = (exchange: Exchange) => this.#follow(exchange, service)
    return [...pageRoutes(), { method: 'GET', path: '/v1/dashboard', handle: follow }]
  }

  async start(service: Service): Promise<void> {
    this.#ignore = service.feed.onEvent((type, info) => this.#tell('event', { type, ...info }))
    this.#timers = [setInterval(() => this.#sample(), SAMPLE), setInterval(() => this.#tellTasks(), TASKS)]
    for (const timer of this.#timers) timer.unref()
    this.#sample()
    const urls = service.addresses.filter((address) => address.startsWith('http'))
    service.logger.info({ urls }, 'the dashboard is served')
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    this.#ignore?.()
    this.#tasks?.stop()
    this.#log.end()
  }

  #follow({ response }: Exchange, service: Service): void {
    const events = new EventResponse(response, this.#log, this.#log.last)
    this.#tasks?.start()
    events.start()
    const hello: DashboardEvents['hello'] = {
      time: Date.now(),
      version: packageVersion(),
      samples: this.#history?.samples ?? [],
    }
    events.send(formatEvent(undefined, 'hello', stringify(hello)!))
    const report = () => events.send(formatEvent(undefined, 'stats', stringify(service.stats())!))
    report()
    const timer = setInterval(report, SAMPLE)
    timer.unref()
    response.once('close', () => clearInterval(timer))
  }

  #sample(): void {
    const sample = this.#history?.look()
    if (sample !== undefined) this.#tell('sample', sample)
  }

  #tellTasks(): void {
    if (!this.#log.isRead) this.#tasks?.stop()
    const news = this.#tasks?.take()
    if (news !== undefined && news.bars.length + news.skipped > 0) this.#tell('tasks', news)
  }

  #tell<Type extends keyof DashboardEvents>(type: Type, data: DashboardEvents[Type] | object): void {
    if (this.#log.isRead) this.#log.append(type, stringify(data)!)
  }
}
