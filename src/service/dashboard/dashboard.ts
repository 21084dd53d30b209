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

/** The dashboard of a daemon, which can be switched on and off while it runs. */
export class DashboardSwitch implements Companion {
  #service: Service | undefined
  #dashboard: Dashboard | undefined
  #on: boolean

  constructor(on: boolean) {
    this.#on = on
  }

  async start(service: Service): Promise<void> {
    this.#service = service
    this.set(this.#on)
  }

  async close(): Promise<void> {
    this.#service = undefined
    this.set(false)
  }

  /** @throws if the package was built without the page; it is off then */
  set(on: boolean): void {
    this.#on = on
    if (!on) {
      this.#dashboard?.close()
      this.#dashboard = undefined
    } else if (this.#service !== undefined) this.#dashboard ??= new Dashboard(this.#service)
  }
}

/** What the page shows: the page itself, the pool over time, and its tasks while somebody looks. */
class Dashboard {
  readonly #log = new EventLog(LOG)
  readonly #history: History
  readonly #tasks: TaskWatch
  readonly #timers: NodeJS.Timeout[]
  readonly #ignore: () => void
  readonly #withdraw: () => void

  constructor(service: Service) {
    this.#history = new History(service.pool)
    this.#tasks = new TaskWatch(service.pool)
    const follow = (exchange: Exchange) => this.#follow(exchange, service)
    const routes: Route[] = [...pageRoutes(), { method: 'GET', path: '/v1/dashboard', handle: follow }]
    this.#withdraw = service.extend(routes)
    this.#ignore = service.feed.onEvent((type, info) => this.#tell('event', { type, ...info }))
    this.#timers = [setInterval(() => this.#sample(), SAMPLE), setInterval(() => this.#tellTasks(), TASKS)]
    for (const timer of this.#timers) timer.unref()
    this.#sample()
    const urls = service.addresses.filter((address) => address.startsWith('http'))
    service.logger.info({ urls }, 'the dashboard is served')
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#withdraw()
    this.#ignore()
    this.#tasks.stop()
    this.#log.end()
  }

  #follow({ response }: Exchange, service: Service): void {
    const events = new EventResponse(response, this.#log, this.#log.last)
    this.#tasks.start()
    events.start()
    const hello: DashboardEvents['hello'] = {
      time: Date.now(),
      version: packageVersion(),
      samples: this.#history.samples,
    }
    events.send(formatEvent(undefined, 'hello', stringify(hello)!))
    const report = () => events.send(formatEvent(undefined, 'stats', stringify(service.stats())!))
    report()
    const timer = setInterval(report, SAMPLE)
    timer.unref()
    response.once('close', () => clearInterval(timer))
  }

  #sample(): void {
    const sample = this.#history.look()
    if (sample !== undefined) this.#tell('sample', sample)
  }

  #tellTasks(): void {
    if (!this.#log.isRead) this.#tasks.stop()
    const news = this.#tasks.take()
    if (news !== undefined && news.bars.length + news.skipped > 0) this.#tell('tasks', news)
  }

  #tell<Type extends keyof DashboardEvents>(type: Type, data: DashboardEvents[Type] | object): void {
    if (this.#log.isRead) this.#log.append(type, stringify(data)!)
  }
}
