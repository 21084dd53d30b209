import process from 'node:process'
import type { DaemonStats } from '../api/types.js'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { type CloseReport, Pool, type PoolOptions } from '../host/index.js'
import { Feed } from './feed.js'
import { BodyBudget } from './http/body-budget.js'
import type { Route } from './http/router.js'
import { connectionBound, descriptorLimit } from './listen/descriptors.js'
import type { InheritedSocket } from './listen/inherited.js'
import { Listeners } from './listen/listeners.js'
import type { Logger } from './logger.js'
import { Manager, type ManagerAddress } from './manager.js'
import { checkModule, provingOptions } from './proving.js'
import { feedRoute } from './routes/feed.js'
import { poolRoutes } from './routes/pool.js'
import { taskRoutes } from './routes/tasks.js'
import { checkSettings, type ServiceSettings } from './settings.js'
import { TaskRegistry } from './task-registry.js'

/** Something that lives as long as the daemon: the servers for metrics and health, the page. */
export interface Companion {
  /** @throws whatever keeps the daemon from starting */
  start(service: Service): Promise<void>
  /** May come again, where a stop has overtaken the start. */
  close(): Promise<void>
}

/** What a daemon is made of. */
export interface ServiceOptions {
  readonly settings: ServiceSettings
  readonly pool: PoolOptions
  readonly logger: Logger
  /** Who wants to be told how the daemon is. */
  readonly manager?: ManagerAddress | undefined
  /** Sockets that the service manager has opened for it. */
  readonly sockets?: readonly InheritedSocket[]
  readonly companions?: readonly Companion[]
}

/** How often the manager is told the figures, in milliseconds. */
const STATUS_PAUSE = 10_000

/** A pool as a service. starting → running → stopping → ended; it ends by itself if the pool fails. */
export class Service {
  readonly pool: Pool
  readonly tasks: TaskRegistry
  readonly feed = new Feed()
  readonly logger: Logger
  readonly #settings: { -readonly [Key in keyof ServiceSettings]: ServiceSettings[Key] }
  readonly #bodies: BodyBudget
  readonly #listeners: Listeners
  readonly #manager: Manager
  readonly #companions: readonly Companion[]
  readonly #routes = new Set<readonly Route[]>()
  readonly #startedAt = Date.now()
  readonly #onIdle = new Set<() => void>()
  readonly #hasSockets: boolean
  readonly #descriptors = descriptorLimit()
  /** Connections that an address takes, as they were last set. */
  #maxConnections: number | undefined
  /** `minWorkers` is 0, and one worker is there until the daemon is up. */
  readonly #mayBeEmpty: boolean
  #statusTimer: NodeJS.Timeout | undefined
  /** The manager was told that the daemon is up. */
  #isUp = false
  #stopped: Promise<CloseReport> | undefined
  #failure: HatcheryError | undefined

  /**
   * Makes the pool, which starts at once; `start` does the rest.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, and as `new Pool()`
   */
  constructor(options: ServiceOptions) {
    const { settings, logger, sockets = [] } = options
    this.#hasSockets = sockets.length > 0
    checkSettings(settings, this.#hasSockets)
    this.#settings = { ...settings }
    this.logger = logger
    this.#companions = options.companions ?? []
    this.#manager = new Manager(options.manager, (error) => {
      logger.warn({ err: error }, 'the service manager cannot be told')
    })
    // First what may be refused, so that no pool is left over.
    this.#bodies = new BodyBudget(this.#settings)
    this.#listeners = new Listeners(this.#settings, logger, this.#bodies, sockets)
    this.#mayBeEmpty = options.pool.minWorkers === 0
    this.pool = new Pool(provingOptions(options.pool))
    this.tasks = new TaskRegistry(this.pool, this.#settings, (type, task) => {
      this.feed.tellTask(type === 'submitted' ? 'task-submitted' : `task-${task.state}`, task)
      if (type === 'settled' && this.tasks.pending === 0) for (const proceed of this.#onIdle) proceed()
    })
    this.#boundConnections()
    this.pool.on('scale', () => this.#boundConnections())
    this.feed.follow(this.pool)
    this.pool.on('error', (error) => {
      this.#failure = error
      void this.stop()
    })
    this.extend([
      ...taskRoutes(this.tasks, this.#bodies),
      ...poolRoutes({
        pool: this.pool,
        tasks: this.tasks,
        stats: () => this.stats(),
        quiet: () => this.quiet(),
        resume: () => this.resume(),
        idle: () => this.idle(),
      }),
      feedRoute(this.feed, () => this.stats()),
    ])
  }

  /** Where it listens, as a client is told: a path, a URL. */
  get addresses(): readonly string[] {
    return this.#listeners.addresses
  }

  /** The settings in force. */
  get settings(): ServiceSettings {
    return this.#settings
  }

  /** What the pool failed with, if it has. */
  get failure(): HatcheryError | undefined {
    return this.#failure
  }

  /** True from `stop` on. */
  get stopping(): boolean {
    return this.#stopped !== undefined
  }

  /**
   * Listens, and waits until a worker has loaded the pool's module. If that fails nothing is left.
   *
   * @throws ERR_HATCHERY_ADDRESS_IN_USE, ERR_HATCHERY_ADDRESS_UNAVAILABLE, or what the pool fails with
   */
  async start(): Promise<void> {
    try {
      await this.#listeners.listen()
      for (const companion of this.#companions) {
        this.#checkStopping()
        await companion.start(this)
      }
      await this.pool.ready
      this.#checkStopping()
      if (this.#mayBeEmpty) this.#allowNone()
    } catch (error) {
      await this.kill()
      // A stop that has come meanwhile may have closed what was not there yet.
      await this.#closeServers()
      throw error
    }
    const { watchdog } = this.#manager
    if (watchdog !== undefined) this.pool.watch(watchdog.socket, watchdog.watchdog!)
    this.#isUp = true
    await this.#manager.ready(this.#status())
    if (this.stopping) return
    this.#statusTimer = setInterval(() => {
      void this.#manager.status(this.#status())
      // Looked at now and then, it is of the last minute whenever somebody asks.
      void this.pool.histogram.recent
    }, STATUS_PAUSE)
    this.#statusTimer.unref()
    const { minWorkers, maxWorkers } = this.pool.options
    this.logger.info({ addresses: this.addresses, minWorkers, maxWorkers }, 'the daemon is ready')
  }

  /** The figures of the pool, and of the daemon. */
  stats(): DaemonStats {
    const { tasks } = this
    const { minWorkers, maxWorkers, concurrency } = this.pool.options
    return {
      ...this.pool.stats(),
      service: {
        pid: process.pid,
        uptime: Date.now() - this.#startedAt,
        quiet: tasks.quiet,
        stopping: this.stopping,
        connections: this.#listeners.connections,
        pendingBytes: this.#bodies.bytes,
        tasks: { pending: tasks.pending, kept: tasks.kept, keptBytes: tasks.keptBytes },
        crashes: this.pool.crashes.length,
        minWorkers,
        maxWorkers,
        concurrency,
        recent: this.pool.histogram.recent,
      },
    }
  }

  /** Takes no tasks until it is resumed; what there is goes on. */
  quiet(): void {
    this.tasks.quiet = true
    this.feed.tell('quiet', {})
  }

  /** Takes tasks again. */
  resume(): void {
    if (this.stopping) throw new HatcheryError(ERROR_CODES.POOL_CLOSED, 'The daemon is stopping.')
    this.tasks.quiet = false
    this.feed.tell('resumed', {})
  }

  /** Fulfilled once no task is pending. */
  idle(): Promise<void> {
    if (this.tasks.pending === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const proceed = () => {
        this.#onIdle.delete(proceed)
        resolve()
      }
      this.#onIdle.add(proceed)
    })
  }

  /**
   * Does something that changes how the daemon is, such as a reload: the manager is told when it begins and ends.
   *
   * @throws what that throws
   */
  async change<T>(action: () => Promise<T>): Promise<T> {
    // Before it is up there is nothing to come back to: what ends this would be taken for the end of the start.
    const isTold = this.#isUp
    if (isTold) await this.#manager.reloading()
    try {
      return await action()
    } finally {
      if (isTold && !this.stopping) await this.#manager.ready(this.#status())
    }
  }

  /**
   * Looks at a configuration that is about to be taken over, which may have to wait for a restart in part, and reads the token
   * anew.
   *
   * @returns has clients asked for that token from then on, and says whether it is another one
   * @throws ERR_HATCHERY_INVALID_OPTION; everything is as before
   */
  prepare(settings: ServiceSettings, pool: PoolOptions): () => boolean {
    checkModule(pool)
    checkSettings(settings, this.#hasSockets)
    return this.#listeners.readToken(settings)
  }

  /**
   * Takes over other settings. Addresses are as they were until a restart.
   *
   * @throws ERR_HATCHERY_INVALID_OPTION, ERR_HATCHERY_ADDRESS_UNAVAILABLE if the socket cannot have these permissions
   */
  update(settings: ServiceSettings): void {
    checkSettings(settings, this.#hasSockets)
    this.#listeners.setMode(settings.socketMode)
    Object.assign(this.#settings, settings)
    this.#listeners.refresh()
    this.#boundConnections()
  }

  /**
   * Serves further paths.
   *
   * @returns serves them no more
   */
  extend(routes: readonly Route[]): () => void {
    this.#routes.add(routes)
    this.#listeners.serve([...this.#routes].flat())
    return () => {
      this.#routes.delete(routes)
      this.#listeners.serve([...this.#routes].flat())
    }
  }

  /**
   * Takes no more tasks, waits for those there are within `closeTimeout` (30 s if it was not set), and ends. Clients can ask
   * for results until then.
   *
   * @returns how many tasks were not waited for
   */
  stop(): Promise<CloseReport> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Ends now. A stop that is under way ends too. */
  async kill(): Promise<void> {
    await this.pool.destroy()
    await this.stop()
  }

  async #stop(): Promise<CloseReport> {
    clearInterval(this.#statusTimer)
    const { signalCloseTimeout } = this.pool.options
    this.tasks.quiet = true
    this.tasks.ending = true
    this.feed.tell('stopping', { pending: this.tasks.pending })
    void this.#manager.stopping(signalCloseTimeout, `Stopping, tasks to go: ${this.tasks.pending}`)
    this.logger.info({ pending: this.tasks.pending, timeout: signalCloseTimeout }, 'the daemon is stopping')
    const report = await this.pool.close({ timeout: signalCloseTimeout })
    this.feed.log.end()
    await this.#closeServers()
    this.tasks.clear()
    return report
  }

  async #closeServers(): Promise<void> {
    for (const companion of [...this.#companions].reverse()) await companion.close()
    await this.#listeners.close()
  }

  /** @throws ERR_HATCHERY_POOL_CLOSED if it was stopped while it started */
  #checkStopping(): void {
    if (this.stopping) throw new HatcheryError(ERROR_CODES.POOL_CLOSED, 'The daemon was stopped as it started.')
  }

  /** Workers are known to start: from now on there may be none. */
  #allowNone(): void {
    const { minWorkers, maxWorkers } = this.pool.options
    // Unless somebody has said otherwise meanwhile.
    if (minWorkers === 1) this.pool.resize({ min: 0, max: maxWorkers }).catch(() => {})
  }

  /** A worker that has died could not be replaced if connections had all descriptors. */
  #boundConnections(): void {
    const { maxWorkers } = this.pool.options
    this.#listeners.bound(connectionBound(this.#descriptors, maxWorkers))
    const { maxConnections } = this.#listeners
    if (maxConnections === this.#maxConnections) return
    this.#maxConnections = maxConnections
    const wanted = this.#settings.maxConnections
    if (maxConnections === wanted) return
    this.logger.warn(
      { maxConnections, wanted, descriptors: this.#descriptors, maxWorkers },
      'an address takes fewer connections than max_connections says, since workers need descriptors too (ulimit -n, LimitNOFILE)',
    )
  }

  #status(): string {
    const { workers, queued, completed, running } = this.pool.stats()
    return `${workers.length} ${workers.length === 1 ? 'worker' : 'workers'}, ${running} tasks running, ${queued} waiting, ${completed} done`
  }
}
